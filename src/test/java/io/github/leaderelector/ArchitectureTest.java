package io.github.leaderelector;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.random.RandomGenerator;

/** The permitted dependencies between packages; see docs/architecture.md. */
@AnalyzeClasses(packages = "io.github.leaderelector", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String ROOT = "io.github.leaderelector";

    @ArchTest
    static final ArchRule leadershipDependsOnTheJdkAndTextOnly = classes()
            .that()
            .resideInAPackage(ROOT + ".leadership")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "org.jspecify..", ROOT + ".leadership", ROOT + ".text")
            .because("the rules of leadership must be testable, and readable, without any framework");

    @ArchTest
    static final ArchRule textDependsOnTheJdkOnly = classes()
            .that()
            .resideInAPackage(ROOT + ".text")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "org.jspecify..", ROOT + ".text")
            .because("every package uses it");

    @ArchTest
    static final ArchRule netDependsOnTheJdkAndVertxOnly = classes()
            .that()
            .resideInAPackage(ROOT + ".net")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "org.jspecify..", "io.vertx..", ROOT + ".net")
            .because("hooks and health checks share it, and share nothing else");

    @ArchTest
    static final ArchRule onlyTheElectionDependsOnFabric8 = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + ".election")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.fabric8..")
            .because("only the election may write the Lease");

    @ArchTest
    static final ArchRule kubernetesDoesNotDependOnItsUsers = noClasses()
            .that()
            .resideInAPackage(ROOT + ".kubernetes")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(ROOT + ".outlet..", ROOT + ".election", ROOT + ".apphealth", ROOT + ".answer", ROOT)
            .because("it serves the election and outlets alike");

    @ArchTest
    static final ArchRule onlyTheElectionUsesLeases = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + ".election")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.fabric8.kubernetes.api.model.coordination..")
            .because("only the election may write the Lease");

    @ArchTest
    static final ArchRule electionDependsOnNoOutlet = noClasses()
            .that()
            .resideInAPackage(ROOT + ".election")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(ROOT + ".outlet..", ROOT)
            .because("an outlet must not delay the election");

    @ArchTest
    static final ArchRule outletsDoNotDependOnTheElection = noClasses()
            .that()
            .resideInAPackage(ROOT + ".outlet..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(ROOT + ".election", ROOT)
            .because("an outlet shows what the hub says, and nothing else");

    @ArchTest
    static final ArchRule answersDependOnLeadershipOnly = noClasses()
            .that()
            .resideInAPackage(ROOT + ".answer")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(ROOT + ".outlet..", ROOT + ".election", ROOT + ".config", ROOT)
            .because("outlets share them, and share nothing else");

    @ArchTest
    static final ArchRule appHealthDependsOnLeadershipOnly = noClasses()
            .that()
            .resideInAPackage(ROOT + ".apphealth")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(ROOT + ".outlet..", ROOT + ".answer", ROOT + ".election", ROOT)
            .because("it calls Candidacy, and the election decides");

    @ArchTest
    static final ArchRule noPackageDependsOnAppHealth = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT, ROOT + ".apphealth")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(ROOT + ".apphealth")
            .because("everything works without it");

    @ArchTest
    static final ArchRule outletsDoNotKnowEachOther = slices().matching(ROOT + ".outlet.(*)..")
            .should()
            .notDependOnEachOther()
            .because("each sign must work when all others are broken");

    @ArchTest
    static final ArchRule noClassHoldsBuffersOrRandomNumbersBeforeTheProcessStarts = noFields()
            .that()
            .areStatic()
            .should()
            .haveRawType(JavaClass.Predicates.resideInAnyPackage("io.vertx..", "io.netty..")
                    .or(JavaClass.Predicates.assignableTo(RandomGenerator.class)))
            .because("static fields of a native executable are filled when it is built, where Netty's are refused and"
                    + " random numbers would be the same in each process");

    @ArchTest
    static final ArchRule timeComesFromTheTicker = noClasses()
            .that()
            .resideInAnyPackage(
                    ROOT + ".election",
                    ROOT + ".kubernetes",
                    ROOT + ".outlet..",
                    ROOT + ".leadership",
                    ROOT + ".apphealth")
            .and()
            .doNotHaveFullyQualifiedName(ROOT + ".leadership.Ticker")
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(java.time.Instant.class, "now")
            .because("what cannot be simulated cannot be proven");
}
