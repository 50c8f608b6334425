// The bot: two replicas without a public address, and the paths that Teams and browsers reach.
import { Identity, Place } from 'types.bicep'

@description('Where the resources belong.')
param place Place
@description('Name of the route.')
param routeName string
@description('Name of the environment of Container Apps.')
param hostingName string
@description('Public host name of the bot.')
param host string
@description('Image of the bot.')
param image string
@description('Cores of each replica.')
@allowed(['0.5', '1', '2'])
param cores string
@description('Registry of the image.')
param registryServer string
@description('Identity of the bot.')
param bot Identity
@description('Identity that owns the tables.')
param owner Identity
@description('Whether the bot has that identity and migrates the database.')
param migrate bool
@description('HOST:PORT/NAME of the database.')
param database string
@description('Address of the vault, with a slash at its end.')
param vaultUri string
@description('Container for the published log.')
param anchor string
@description('Workspace in which the bot looks whether agents use their keys, unless a setting names another.')
param workspace string
@description('Subscriptions in which the bot acts.')
param subscriptions string
@description('Settings of the bot. An empty one is left out.')
param settings {
  @description('Value of a setting.')
  *: string
}
@description('Settings whose value is a secret of the vault.')
param vaultSettings string[]
@description('Approval policy, or {}.')
#disable-next-line use-user-defined-types // As in main.bicep.
param policy object

var port = 3978
// The only memory that Azure accepts for them.
var memoryFor = { '0.5': '1Gi', '1': '2Gi', '2': '4Gi' }
var hasPolicy = !empty(policy)
// What the deployment knows. A setting of the same name overrides it.
var known = {
  PORT: string(port)
  // Only the TLS end reaches it: the ingress is internal to the environment.
  CMK_LISTEN: '0.0.0.0'
  MicrosoftAppType: 'UserAssignedMSI'
  MicrosoftAppId: bot.clientId
  MicrosoftAppTenantId: tenant().tenantId
  AZURE_CLIENT_ID: bot.clientId
  DATABASE_URL: 'postgresql://${bot.name}@${database}?sslmode=verify-full'
  CMK_DATABASE_SIGN_IN: 'entra'
  CMK_SEAL_KEY_SECRET: '${vaultUri}secrets/seal-key'
  CMK_ANCHOR: anchor
  CMK_LOG_NAME: '${host}/audit'
  CMK_LOG_KEY_SECRET: '${vaultUri}secrets/log-key'
  CMK_PUBLIC_URL: 'https://${host}'
  CMK_SUBSCRIPTIONS: subscriptions
  CMK_LOGS_WORKSPACE: workspace
  // By this, the doctor knows that azd sets the settings.
  AZURE_ENV_NAME: place.tags['azd-env-name']
}
var migration = {
  CMK_DATABASE_OWNER_URL: 'postgresql://${owner.name}@${database}?sslmode=verify-full'
  CMK_DATABASE_OWNER_CLIENT_ID: owner.clientId
}
var given = toObject(filter(items(settings), item => !empty(item.value)), item => item.key, item => item.value)
var values = union(
  known,
  migrate ? migration : {},
  hasPolicy ? { CMK_POLICY_FILE: '/run/policy/policy.json' } : {},
  given
)
var secretNames = map(vaultSettings, name => toLower(replace(name, '_', '-')))

resource hosting 'Microsoft.App/managedEnvironments@2025-07-01' existing = {
  name: hostingName
}

resource app 'Microsoft.App/containerApps@2025-07-01' = {
  name: 'cmk-bot'
  location: place.location
  tags: place.tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: migrate ? { '${bot.id}': {}, '${owner.id}': {} } : { '${bot.id}': {} }
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
          identity: bot.id
        }
      ]
      // The policy isn't a secret, but a mounted file has to come from one.
      secrets: concat(
        map(secretNames, name => { name: name, keyVaultUrl: '${vaultUri}secrets/${name}', identity: bot.id }),
        hasPolicy ? [{ name: 'policy', value: string(policy) }] : []
      )
    }
    template: {
      containers: [
        {
          name: 'cmk-bot'
          image: image
          resources: {
            cpu: json(cores)
            memory: memoryFor[cores]
          }
          env: concat(
            map(items(values), item => { name: item.key, value: item.value }),
            map(vaultSettings, name => { name: name, secretRef: toLower(replace(name, '_', '-')) })
          )
          volumeMounts: hasPolicy ? [{ volumeName: 'policy', mountPath: '/run/policy' }] : []
          probes: [
            {
              // A start migrates the database and reads the whole audit log before it listens: five minutes.
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
      volumes: hasPolicy
        ? [{ name: 'policy', storageType: 'Secret', secrets: [{ secretRef: 'policy', path: 'policy.json' }] }]
        : []
      scale: {
        minReplicas: 2
        maxReplicas: 2
      }
      terminationGracePeriodSeconds: 60
    }
  }
}

// Exactly these paths are public; every other one is not found.
resource route 'Microsoft.App/managedEnvironments/httpRouteConfigs@2025-07-01' = {
  parent: hosting
  name: routeName
  properties: {
    rules: [
      {
        description: 'Teams, the pages for signing in again, and the pages for evidence packs'
        routes: map(
          ['/api/messages', '/sign-in/start', '/sign-in/done', '/evidence', '/evidence/pack'],
          path => { match: { path: path } }
        )
        targets: [
          {
            containerApp: app.name
          }
        ]
      }
    ]
  }
}
