// A leader elector on client-go, as its users write them: the neighbour that shares a Lease with the sidecar in tests,
// and what the sidecar is measured against.
//
// Its settings are environment variables with the names that the sidecar uses. It is told to stop by SIGTERM, and ends
// by itself when it has lost the lead.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

func main() {
	log.SetFlags(log.LstdFlags | log.Lmicroseconds)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	hostname, err := os.Hostname()
	if err != nil {
		return err
	}
	identity := setting("IDENTITY", hostname)
	// Without KUBECONFIG it takes what a pod finds in its container.
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	if electors := os.Getenv("ELECTORS"); electors != "" {
		return herd(config, electors)
	}
	file := &leaderFile{path: setting("LEADER_FILE", "/tmp/leader_status")}
	if err := file.remove(); err != nil {
		return err
	}
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Name: os.Getenv("LEASE_NAME"), Namespace: setting("NAMESPACE", "default")},
			Client:     client.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: identity},
		},
		LeaseDuration:   duration("LEASE_DURATION", 15*time.Second),
		RenewDeadline:   duration("RENEW_DEADLINE", 10*time.Second),
		RetryPeriod:     duration("RETRY_PERIOD", 2*time.Second),
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { file.write(identity) },
			OnStoppedLeading: func() { file.end() },
			OnNewLeader:      func(leader string) { log.Printf("leader: %s", leader) },
		},
	})
	if err != nil {
		return err
	}
	if port := os.Getenv("HTTP_PORT"); port != "" {
		http.HandleFunc("GET /{$}", func(answer http.ResponseWriter, _ *http.Request) {
			answer.Header().Set("Content-Type", "application/json")
			json.NewEncoder(answer).Encode(map[string]string{"name": elector.GetLeader()})
		})
		go func() { log.Fatal(http.ListenAndServe(":"+port, nil)) }()
	}
	told, cancel := context.WithCancel(context.Background())
	go func() {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
		<-signals
		// client-go releases the Lease before it calls OnStoppedLeading, and asks its users to be done by then.
		file.end()
		cancel()
	}()
	elector.Run(told)
	if told.Err() == nil {
		return errors.New("the lead is lost")
	}
	return nil
}

// herd runs that many electors, three on each Lease and four on the last, until this process is killed: what they cost the API server.
func herd(config *rest.Config, electors string) error {
	count, err := strconv.Atoi(electors)
	if err != nil {
		return fmt.Errorf("ELECTORS: %w", err)
	}
	for i := range count {
		// A client each, since a client limits its requests.
		client, err := kubernetes.NewForConfig(config)
		if err != nil {
			return err
		}
		go leaderelection.RunOrDie(context.Background(), leaderelection.LeaderElectionConfig{
			Lock: &resourcelock.LeaseLock{
				LeaseMeta: metav1.ObjectMeta{
					Name:      fmt.Sprintf("%s-%d", os.Getenv("LEASE_NAME"), min(i/3, count/3-1)),
					Namespace: setting("NAMESPACE", "default"),
				},
				Client:     client.CoordinationV1(),
				LockConfig: resourcelock.ResourceLockConfig{Identity: fmt.Sprintf("elector-%d", i)},
			},
			LeaseDuration: duration("LEASE_DURATION", 15*time.Second),
			RenewDeadline: duration("RENEW_DEADLINE", 10*time.Second),
			RetryPeriod:   duration("RETRY_PERIOD", 2*time.Second),
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(context.Context) {},
				OnStoppedLeading: func() { log.Printf("elector-%d has lost the lead", i) },
			},
		})
		time.Sleep(10 * time.Millisecond)
	}
	select {}
}

// leaderFile is there while this process leads. The callbacks come from goroutines of their own, in any order.
type leaderFile struct {
	path  string
	mutex sync.Mutex
	ended bool
}

func (f *leaderFile) write(identity string) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.ended {
		return
	}
	if err := os.WriteFile(f.path, []byte(identity+"\n"), 0o644); err != nil {
		log.Fatal(err)
	}
}

// end removes it for good.
func (f *leaderFile) end() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.ended = true
	if err := f.remove(); err != nil {
		log.Print(err)
	}
}

func (f *leaderFile) remove() error {
	if err := os.Remove(f.path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func duration(name string, otherwise time.Duration) time.Duration {
	value, err := time.ParseDuration(setting(name, otherwise.String()))
	if err != nil {
		log.Fatal(fmt.Errorf("%s: %w", name, err))
	}
	return value
}
