// The bot: two replicas that nobody reaches from outside, and the paths of it that everybody does.
param location string
param tags object
param routeName string
param hostingName string
param image string
param registryServer string
param botIdentityId string
param botClientId string
param ownerIdentityId string
param ownerClientId string
param migrate bool
param databaseHost string
param databaseName string
param botUser string
param ownerUser string
param sealKeySecret string
param logKeySecret string
param logVaultKey string
param anchor string
param logsWorkspace string
param publicUrl string
param subscriptions string
param requesters string
param approvers string
param readers string
param operators string
param approvalsRequired string
param teamId string
param operationsChannel string
param approvalsChannel string
param auditChannel string
param stepUp string
param stepUpAppId string
@secure()
param stepUpAppSecret string
param policy string
param otlpEndpoint string
@secure()
param otlpHeaders string

var port = 3978
var database = '@${databaseHost}:5432/${databaseName}?sslmode=verify-full'
var usual = [
  { name: 'PORT', value: string(port) }
  // Only what ends TLS reaches it: the ingress is the environment's own.
  { name: 'CMK_LISTEN', value: '0.0.0.0' }
  { name: 'MicrosoftAppType', value: 'UserAssignedMSI' }
  { name: 'MicrosoftAppId', value: botClientId }
  { name: 'MicrosoftAppTenantId', value: tenant().tenantId }
  { name: 'AZURE_CLIENT_ID', value: botClientId }
  { name: 'DATABASE_URL', value: 'postgresql://${botUser}${database}' }
  { name: 'CMK_DATABASE_SIGN_IN', value: 'entra' }
  { name: 'CMK_SEAL_KEY_SECRET', value: sealKeySecret }
  { name: 'CMK_ANCHOR', value: anchor }
  { name: 'CMK_LOG_NAME', value: '${replace(publicUrl, 'https://', '')}/audit' }
  { name: 'CMK_LOG_KEY_SECRET', value: logKeySecret }
  { name: 'CMK_LOG_VAULT_KEY', value: logVaultKey }
  { name: 'CMK_PUBLIC_URL', value: publicUrl }
  { name: 'CMK_SUBSCRIPTIONS', value: subscriptions }
  { name: 'CMK_LOGS_WORKSPACE', value: logsWorkspace }
  { name: 'CMK_REQUESTERS', value: requesters }
  { name: 'CMK_APPROVERS', value: approvers }
  { name: 'CMK_READERS', value: readers }
  { name: 'CMK_OPERATORS', value: operators }
  { name: 'CMK_APPROVALS_REQUIRED', value: approvalsRequired }
  { name: 'CMK_TEAM_ID', value: teamId }
  { name: 'CMK_OPERATIONS_CHANNEL', value: operationsChannel }
  { name: 'CMK_APPROVALS_CHANNEL', value: approvalsChannel }
  { name: 'CMK_AUDIT_CHANNEL', value: auditChannel }
]
var migrating = [
  { name: 'CMK_DATABASE_OWNER_URL', value: 'postgresql://${ownerUser}${database}' }
  { name: 'CMK_DATABASE_OWNER_CLIENT_ID', value: ownerClientId }
]
var steppingUp = [
  { name: 'CMK_STEP_UP', value: stepUp }
  { name: 'CMK_STEP_UP_APP_ID', value: stepUpAppId }
  { name: 'CMK_STEP_UP_APP_SECRET', secretRef: 'step-up-app-secret' }
]
var ruling = [
  { name: 'CMK_POLICY_FILE', value: '/run/policy/policy.json' }
]
var telling = [
  { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: otlpEndpoint }
]
var tellingWithHeaders = [
  { name: 'OTEL_EXPORTER_OTLP_HEADERS', secretRef: 'otlp-headers' }
]

resource hosting 'Microsoft.App/managedEnvironments@2025-07-01' existing = {
  name: hostingName
}

resource app 'Microsoft.App/containerApps@2025-07-01' = {
  name: 'cmk-bot'
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: migrate ? { '${botIdentityId}': {}, '${ownerIdentityId}': {} } : { '${botIdentityId}': {} }
  }
  properties: {
    environmentId: hosting.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: {
        external: false
        targetPort: port
        transport: 'http'
        allowInsecure: false
      }
      registries: [
        {
          server: registryServer
          identity: botIdentityId
        }
      ]
      // The policy is no secret, but a file of the container's is made of one.
      secrets: concat(
        empty(stepUp) ? [] : [{ name: 'step-up-app-secret', value: stepUpAppSecret }],
        empty(policy) ? [] : [{ name: 'policy', value: policy }],
        empty(otlpHeaders) ? [] : [{ name: 'otlp-headers', value: otlpHeaders }]
      )
    }
    template: {
      containers: [
        {
          name: 'cmk-bot'
          image: image
          resources: {
            cpu: json('0.5')
            memory: '1Gi'
          }
          env: concat(
            usual,
            migrate ? migrating : [],
            empty(stepUp) ? [] : steppingUp,
            empty(policy) ? [] : ruling,
            empty(otlpEndpoint) ? [] : telling,
            empty(otlpHeaders) ? [] : tellingWithHeaders
          )
          volumeMounts: empty(policy) ? [] : [{ volumeName: 'policy', mountPath: '/run/policy' }]
          probes: [
            {
              // A start brings tables up and reads the whole record before it listens: five minutes for it.
              type: 'Startup'
              httpGet: {
                path: '/healthz'
                port: port
              }
              periodSeconds: 30
              failureThreshold: 10
              timeoutSeconds: 5
            }
            {
              type: 'Liveness'
              httpGet: {
                path: '/healthz'
                port: port
              }
              periodSeconds: 10
              failureThreshold: 6
              timeoutSeconds: 5
            }
            {
              type: 'Readiness'
              httpGet: {
                path: '/readyz'
                port: port
              }
              periodSeconds: 5
              failureThreshold: 3
              timeoutSeconds: 5
            }
          ]
        }
      ]
      volumes: empty(policy)
        ? []
        : [{ name: 'policy', storageType: 'Secret', secrets: [{ secretRef: 'policy', path: 'policy.json' }] }]
      scale: {
        minReplicas: 2
        maxReplicas: 2
      }
      terminationGracePeriodSeconds: 60
    }
  }
}

// These paths of the bot, letter by letter, and no other: what is not named here is not found.
resource route 'Microsoft.App/managedEnvironments/httpRouteConfigs@2025-07-01' = {
  parent: hosting
  name: routeName
  properties: {
    rules: [
      {
        description: 'Teams, the pages where approvers sign in anew, and those that hand out evidence'
        routes: [
          {
            match: {
              path: '/api/messages'
            }
          }
          {
            match: {
              path: '/sign-in/start'
            }
          }
          {
            match: {
              path: '/sign-in/done'
            }
          }
          {
            match: {
              path: '/evidence'
            }
          }
          {
            match: {
              path: '/evidence/pack'
            }
          }
        ]
        targets: [
          {
            containerApp: app.name
          }
        ]
      }
    ]
  }
}

output host string = route.properties.fqdn
