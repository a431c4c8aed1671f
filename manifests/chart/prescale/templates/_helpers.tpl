{{/* Names and labels that the templates share. */}}

{{/* The release's name if it says prescale already. 50 characters leave room for the longest suffix. */}}
{{- define "prescale.name" -}}
{{- ternary .Release.Name (printf "%s-prescale" .Release.Name) (contains "prescale" .Release.Name) | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* ClusterRoles live in no namespace: two releases of one name must not share one. */}}
{{- define "prescale.clusterName" -}}
{{- $name := include "prescale.name" . -}}
{{- ternary $name (printf "%s-%s" .Release.Namespace $name) (eq $name .Release.Namespace) -}}
{{- end -}}

{{- define "prescale.serviceAccount" -}}
{{- default (ternary (include "prescale.name" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "prescale.image" -}}
{{- $tag := printf ":%s" (default .Chart.AppVersion .Values.image.tag) -}}
{{- .Values.image.repository }}{{ ternary (printf "@%s" .Values.image.digest) $tag (ne .Values.image.digest "") -}}
{{- end -}}

{{- define "prescale.selector" -}}
app.kubernetes.io/name: prescale
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "prescale.labels" -}}
{{ include "prescale.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* Non-root, on a read-only disk, without capabilities: what the `restricted` Pod Security Standard asks, and more. */}}
{{- define "prescale.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "prescale.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Who the pod is, which no flag of the chart can know. */}}
{{- define "prescale.podEnv" -}}
- name: POD_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
{{- /* What one thread has given back, another can take: a fifth less memory after a start. And what large buffers held
       goes back to the system: left alone, glibc keeps more of it the larger they were. */}}
- name: MALLOC_ARENA_MAX
  value: "1"
- name: MALLOC_MMAP_THRESHOLD_
  value: "65536"
- name: MALLOC_TRIM_THRESHOLD_
  value: "65536"
- name: MALLOC_TOP_PAD_
  value: "16384"
{{- end -}}
