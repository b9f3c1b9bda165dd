{{- define "avio.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "avio.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "avio.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "avio.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "avio.selector" -}}
app.kubernetes.io/name: {{ include "avio.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "avio.labels" -}}
{{ include "avio.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "avio.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* What no value changes: no root, no capability, a root file system that nobody writes to. */}}
{{- define "avio.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* avio.toml: tables and plain settings. Secrets are not in it: they are URLs of the environment, and files.
     `withoutSecrets` is for the aggregator, which opens no bucket and has not those files. */}}
{{- define "avio.toml" -}}
{{- $withoutSecrets := default false .withoutSecrets }}
{{- with .root -}}
engine = {{ .Values.engine | quote }}
{{- with .Values.trustedProxies }}
trusted_proxies = {{ toJson . }}
{{- end }}
{{- range $name, $value := .Values.settings }}
{{ $name }} = {{ include "avio.tomlValue" $value }}
{{- end }}
{{- if eq .Values.engine "alluxio" }}

[alluxio]
{{- with .Values.alluxio.masters }}
masters = {{ toJson . }}
{{- end }}
{{- with .Values.alluxio.proxy }}
proxy = {{ . | quote }}
{{- end }}
user = {{ .Values.alluxio.user | quote }}
{{- range $name, $value := .Values.alluxio.extra }}
{{ $name }} = {{ include "avio.tomlValue" $value }}
{{- end }}
{{- else }}
{{- range $path, $mount := .Values.local.mounts }}

[mounts.{{ $path | quote }}]
url = {{ $mount.url | quote }}
{{- with $mount.bandwidth }}
bandwidth = {{ . | quote }}
{{- end }}
{{- if or $mount.options (and $mount.secretOptions (not $withoutSecrets)) }}

[mounts.{{ $path | quote }}.options]
{{- range $name, $value := $mount.options }}
{{ $name }} = {{ $value | toString | quote }}
{{- end }}
{{- range $name, $from := ternary (dict) (default (dict) $mount.secretOptions) $withoutSecrets }}
{{ $name }} = { file = {{ printf "/run/secrets/avio/%s/%s" $from.secret $from.key | quote }} }
{{- end }}
{{- end }}
{{- end }}
{{- range .Values.local.tiers }}

[[tiers]]
alias = {{ .alias | quote }}
path = {{ printf "/tiers/%s" .alias | quote }}
capacity = {{ .capacity | toString | quote }}
{{- if .shared }}
shared = true
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* A value of TOML. Numbers of YAML are floats for helm: whole ones are written without a point. */}}
{{- define "avio.tomlValue" -}}
{{- if kindIs "string" . -}}{{ . | quote }}
{{- else if kindIs "float64" . -}}{{ if eq (floor .) . }}{{ printf "%.0f" . }}{{ else }}{{ . }}{{ end }}
{{- else if kindIs "map" . -}}{ {{- range $i, $key := keys . | sortAlpha }}{{ if $i }}, {{ end }}{{ $key | quote }} = {{ include "avio.tomlValue" (get $ $key) }}{{ end -}} }
{{- else -}}{{ toJson . }}
{{- end -}}
{{- end -}}

{{/* The name of each secret that a mount of the local engine has options from, once. */}}
{{- define "avio.mountSecrets" -}}
{{- $names := list -}}
{{- if eq .Values.engine "local" -}}
{{- range .Values.local.mounts -}}{{- range .secretOptions -}}{{- $names = append $names .secret -}}{{- end -}}{{- end -}}
{{- end -}}
{{- $names | uniq | sortAlpha | join " " -}}
{{- end -}}

{{- define "avio.pod" -}}
automountServiceAccountToken: {{ default false .token }}
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext: {{- toYaml .root.Values.podSecurityContext | nindent 2 }}
{{- with .of.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with merge (dict) (default (dict) .of.nodeSelector) (ternary .root.Values.local.nodeSelector (dict) (and (default false .tiers) (eq .root.Values.engine "local"))) }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with concat (default (list) .of.tolerations) (ternary .root.Values.local.tolerations (list) (and (default false .tiers) (eq .root.Values.engine "local"))) }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .of.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "avio.selector" $ | nindent 8 }}
  {{- end }}
{{- end -}}

{{/* The environment of a process. The whole avio.toml is plain; what is secret comes by reference. */}}
{{- define "avio.env" -}}
- {name: AVIO_CONFIG, value: /etc/avio/{{ ternary "avio" "aggregator" (default false .tiers) }}.toml}
- {name: AVIO_SIGNS, value: /run/avio}
- {name: AVIO_HOST, value: {{ .root.Values.host | quote }}}
- name: AVIO_DATABASE_URL
  valueFrom: {secretKeyRef: {name: {{ required "database.existingSecret names the secret with the URL of PostgreSQL" .root.Values.database.existingSecret }}, key: {{ .root.Values.database.key }}}}
- name: AVIO_REDIS_URL
  valueFrom: {secretKeyRef: {name: {{ required "redis.existingSecret names the secret with the URL of Redis" .root.Values.redis.existingSecret }}, key: {{ get .root.Values.redis.keys .component }}}}
{{- if and .root.Values.metrics.enabled (ne .component "web") }}
- {name: AVIO_METRICS_PORT, value: {{ .root.Values.metrics.port | quote }}}
{{- end }}
{{- with .of.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "avio.mountsOfPod" -}}
- {name: config, mountPath: /etc/avio, readOnly: true}
- {name: run, mountPath: /run/avio}
- {name: tmp, mountPath: /tmp}
{{- $names := include "avio.mountSecrets" .root }}
{{- if and .tiers $names }}
{{- range splitList " " $names }}
- {name: {{ printf "secret-%s" . | trunc 63 }}, mountPath: /run/secrets/avio/{{ . }}, readOnly: true}
{{- end }}
{{- end }}
{{- if and .tiers (eq .root.Values.engine "local") }}
{{- range .root.Values.local.tiers }}
- name: tier-{{ .alias | lower | replace "_" "-" }}
  mountPath: /tiers/{{ .alias }}
  {{- with .subPath }}
  subPath: {{ . }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "avio.volumes" -}}
- {name: config, configMap: {name: {{ include "avio.fullname" .root }}}}
- {name: run, emptyDir: {medium: Memory, sizeLimit: 16Mi}}
- {name: tmp, emptyDir: {sizeLimit: 2Gi}}
{{- $names := include "avio.mountSecrets" .root }}
{{- if and .tiers $names }}
{{- range splitList " " $names }}
- {name: {{ printf "secret-%s" . | trunc 63 }}, secret: {secretName: {{ . }}, defaultMode: 0440}}
{{- end }}
{{- end }}
{{- if and .tiers (eq .root.Values.engine "local") }}
{{- range .root.Values.local.tiers }}
- name: tier-{{ .alias | lower | replace "_" "-" }}
  {{- toYaml .volume | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "avio.podMetadata" -}}
labels: {{- include "avio.labels" . | nindent 2 }}
annotations:
  checksum/config: {{ include "avio.toml" (dict "root" .root) | sha256sum }}
  {{- with .of.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
