{{/* The controller's flags, in the order of values.yaml. */}}
{{- define "prescale.args" -}}
- --prometheus-url={{ required "prometheus.url is missing: where demand is read, such as http://prometheus-server.monitoring.svc:9090" .Values.prometheus.url }}
{{- with .Values.prometheus.secret }}
- --prometheus-secret={{ . }}
{{- end }}
{{- with .Values.kafka }}
{{- if .bootstrapServers }}
- --kafka-bootstrap-servers={{ .bootstrapServers }}
- --kafka-security={{ .securityProtocol }}
{{- with .saslMechanism }}
- --kafka-sasl-mechanism={{ . }}
{{- end }}
{{- with .secret }}
- --kafka-secret={{ . }}
{{- end }}
- --kafka-poll={{ .poll }}
{{- end }}
{{- end }}
- --tick={{ .Values.tick }}
- --backfill={{ .Values.backfill }}
{{- if .Values.history.enabled }}
- --history-path=/var/lib/prescale/history
- --history-retention={{ .Values.history.retention }}
- --history-max-size={{ .Values.history.maxSize }}
{{- end }}
{{- if .Values.dryRun }}
- --dry-run
{{- end }}
{{- if not .Values.nodes.watch }}
- --no-node-watch
{{- end }}
{{- if .Values.prices }}
- --prices=/etc/prescale/prices/prices.toml
{{- end }}
{{- if .Values.cost.opencost }}
- --opencost
{{- end }}
{{- if not .Values.cost.advice }}
- --no-advice
{{- end }}
{{- with .Values.headroom }}
{{- if not .enabled }}
- --no-headroom
{{- else }}
{{- if .placeholders }}
- --placeholder-image={{ .placeholderImage }}
{{- end }}
{{- if not .holdDisruption }}
- --no-disruption-hold
{{- end }}
{{- end }}
{{- end }}
- --service={{ include "prescale.name" . }}
- --metrics-api-bind=0.0.0.0:6443
- --http-bind=0.0.0.0:8080
{{- if not .Values.metricsApi.register }}
- --no-api-service
{{- end }}
{{- if .Values.metricsApi.takeOver }}
- --take-over
{{- end }}
{{- with .Values.metricsApi.upstream }}
- --upstream={{ . }}
{{- end }}
{{- with .Values.metricsApi.tlsSecret }}
- --tls-secret={{ . }}
{{- end }}
{{- if .Values.keda.enabled }}
- --keda-bind=0.0.0.0:9090
{{- end }}
{{- if .Values.signals.enabled }}
- --signals-bind=0.0.0.0:8443
{{- end }}
{{- with .Values.dashboard }}
{{- if .enabled }}
- --dashboard-bind=0.0.0.0:8081
- --dashboard-session={{ .session }}
- --dashboard-memory={{ .memory }}
{{- with .cluster }}
- --dashboard-cluster={{ . }}
{{- end }}
{{- with .url }}
- --dashboard-url={{ . }}
{{- end }}
{{- if .tls }}
- --dashboard-tls
{{- end }}
{{- if .anonymous }}
- --dashboard-anonymous
{{- end }}
{{- with .oidc }}
{{- if .issuer }}
- --dashboard-oidc-issuer={{ .issuer }}
- --dashboard-oidc-client-id={{ .clientId }}
{{- with .secret }}
- --dashboard-oidc-secret={{ . }}
{{- end }}
{{- with .scopes }}
- --dashboard-oidc-scopes={{ join "," . }}
{{- end }}
- --dashboard-oidc-username-claim={{ .usernameClaim }}
{{- with .usernamePrefix }}
- --dashboard-oidc-username-prefix={{ . }}
{{- end }}
{{- with .groupsClaim }}
- --dashboard-oidc-groups-claim={{ . }}
{{- end }}
{{- with .groupsPrefix }}
- --dashboard-oidc-groups-prefix={{ . }}
{{- end }}
{{- if .impersonate }}
- --dashboard-oidc-impersonate
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
- --log-format={{ .Values.log.format }}
- --log={{ .Values.log.filter }}
{{- with .Values.otlp.endpoint }}
- --otlp-endpoint={{ . }}
{{- end }}
{{- end -}}
