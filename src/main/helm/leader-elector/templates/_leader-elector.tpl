{{/*
All objects come from the manifests in src/main/kubernetes, which lie in files/ as links; here they only get their names.

  leader-elector.container   a list of one container, for initContainers, or for containers unless native
  leader-elector.volume      a list of one volume, which the application mounts to read the leader file
  leader-elector.probes      the probes of that container, for those who write their own
  leader-elector.rbac        ServiceAccount, Role and RoleBinding
  leader-elector.service     with service or label: a Service whose endpoint is the leader

The pod needs `serviceAccountName`, see leader-elector.name, and `enableServiceLinks: false`.
*/}}

{{- define "leader-elector.name" -}}
{{- (index .Values "leader-elector").name | default .Release.Name -}}
{{- end }}

{{/* list CONTEXT FILE: that manifest, with the names of the values. */}}
{{- define "leader-elector.manifest" -}}
{{- $context := index . 0 -}}
{{- $name := include "leader-elector.name" $context -}}
{{- $lease := (index $context.Values "leader-elector").lease | default (printf "%s-lock" $name) -}}
{{- (index $context.Subcharts "leader-elector").Files.Get (printf "files/%s" (index . 1))
  | replace "myapp-lock" "@LEASE@" | replace "myapp" $name | replace "@LEASE@" $lease -}}
{{- end }}

{{- define "leader-elector.pod" -}}
{{- (include "leader-elector.manifest" (list . "sidecar.yaml") | fromYaml).spec.template.spec | toYaml -}}
{{- end }}

{{- define "leader-elector.container" -}}
{{- $values := index .Values "leader-elector" -}}
{{- $container := first (include "leader-elector.pod" . | fromYaml).initContainers -}}
{{- $tag := $values.tag | default (index .Subcharts "leader-elector").Chart.AppVersion -}}
{{- $_ := set $container "image" (printf "%s:%s" $values.image $tag) -}}
{{- if not $values.native -}}
{{- $_ := unset $container "restartPolicy" -}}
{{- end -}}
{{- if $values.service -}}
{{- $patch := include "leader-elector.manifest" (list . "service-sidecar.yaml") | fromYaml -}}
{{- $_ := set $container "env" (concat $container.env (first $patch.spec.template.spec.initContainers).env) -}}
{{- end -}}
{{- if $values.label -}}
{{- $patch := include "leader-elector.manifest" (list . "label-label.yaml") | fromYaml -}}
{{- $_ := set $container "env" (concat $container.env (first $patch.spec.template.spec.initContainers).env) -}}
{{- end -}}
{{- range $variable, $value := $values.settings -}}
{{- $_ := set $container "env" (append $container.env (dict "name" $variable "value" (toString $value))) -}}
{{- end -}}
{{- list $container | toYaml -}}
{{- end }}

{{- define "leader-elector.volume" -}}
{{- (include "leader-elector.pod" . | fromYaml).volumes | toYaml -}}
{{- end }}

{{- define "leader-elector.probes" -}}
{{- $container := first (include "leader-elector.pod" . | fromYaml).initContainers -}}
{{- pick $container "startupProbe" "livenessProbe" "readinessProbe" | toYaml -}}
{{- end }}

{{- define "leader-elector.rbac" -}}
{{- $context := . -}}
{{- range splitList "\n---\n" (include "leader-elector.manifest" (list . "rbac.yaml")) }}
{{- $object := fromYaml . }}
{{- if and (index $context.Values "leader-elector").service (eq $object.kind "Role") }}
{{- range include "leader-elector.manifest" (list $context "service-role.yaml") | fromYamlArray }}
{{- $_ := set $object "rules" (append $object.rules .value) }}
{{- end }}
{{- end }}
{{- if and (index $context.Values "leader-elector").label (eq $object.kind "Role") }}
{{- $patch := include "leader-elector.manifest" (list $context "label-role.yaml") | fromYamlArray | first }}
{{- $_ := set $object "rules" (append $object.rules $patch.value) }}
{{- end }}
---
{{ toYaml $object }}
{{- end }}
{{- end }}

{{- define "leader-elector.service" -}}
{{- if (index .Values "leader-elector").service -}}
{{- include "leader-elector.manifest" (list . "service-service.yaml") -}}
{{- else if (index .Values "leader-elector").label -}}
{{- include "leader-elector.manifest" (list . "label-service.yaml") -}}
{{- end -}}
{{- end }}
