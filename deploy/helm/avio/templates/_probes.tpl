{{/* Probes of a process without a port: by its own signs of life. Neither asks the database: no restart brings it back. */}}
{{- define "avio.probes" -}}
startupProbe:
  exec: {command: [avio-server, probe, {{ . }}]}
  periodSeconds: 5
  timeoutSeconds: 10
  failureThreshold: 36
readinessProbe:
  exec: {command: [avio-server, probe, {{ . }}, --ready]}
  periodSeconds: 10
  timeoutSeconds: 10
  failureThreshold: 2
livenessProbe:
  exec: {command: [avio-server, probe, {{ . }}]}
  periodSeconds: 30
  timeoutSeconds: 20
  failureThreshold: 3
{{- end -}}
