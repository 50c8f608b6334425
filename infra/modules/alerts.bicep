// Alert rules over the application log and over Azure's metrics, and the group that gets them. infra/alerts.json has the list, with
// which tests compare docs/operate/monitor.md and the messages in the sources.
import { Place } from 'types.bicep'

@description('Where the resources belong.')
param place Place
@description('Address to which alerts go. Empty: none.')
param email string
@description('Workspace with the application log.')
param workspaceId string
@description('ARM id of the database server.')
param databaseId string
@description('Whether the bot is deployed.')
param hasApp bool

var alerts = loadJsonContent('../alerts.json')
// The table that the destination azure-monitor fills (modules/hosting.bicep): a line of JSON in Log.
var lines = 'ContainerAppConsoleLogs | where ContainerAppName == "cmk-bot" | extend line = parse_json(Log) | extend level = toint(line.level), said = tostring(line.msg) | where '
var actions = empty(email) ? [] : [group.id]
var metricAlerts = filter(alerts.metrics, alert => alert.of != 'app' || hasApp)

resource group 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'ag-${place.token}'
  location: 'global'
  tags: place.tags
  properties: {
    groupShortName: 'cmk-bot'
    enabled: true
    emailReceivers: [
      {
        name: 'operators'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource logAlerts 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [for alert in alerts.logs: {
  name: 'cmk-bot-${alert.name}'
  location: place.location
  tags: place.tags
  kind: 'LogAlert'
  properties: {
    displayName: 'cmk-bot: ${alert.title}'
    description: 'docs/operate/alerts.md'
    severity: alert.severity
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: contains(alert, 'silent') ? 'PT1H' : 'PT5M'
    windowSize: alert.?window ?? 'PT5M'
    criteria: {
      allOf: [
        {
          query: '${lines}${alert.where}'
          timeAggregation: 'Count'
          operator: contains(alert, 'silent') ? 'LessThan' : 'GreaterThan'
          threshold: contains(alert, 'silent') ? 1 : 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    autoMitigate: contains(alert, 'silent')
    // A new workspace has no rows of the table yet.
    skipQueryValidation: true
    actions: {
      actionGroups: actions
    }
  }
}]

resource metricRules 'Microsoft.Insights/metricAlerts@2026-01-01' = [for alert in metricAlerts: {
  name: 'cmk-bot-${alert.name}'
  location: 'global'
  tags: place.tags
  properties: {
    description: 'cmk-bot: ${alert.title}. docs/operate/alerts.md'
    severity: alert.severity
    enabled: true
    scopes: [alert.of == 'app' ? resourceId('Microsoft.App/containerApps', 'cmk-bot') : databaseId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: alert.name
          criterionType: 'StaticThresholdCriterion'
          metricName: alert.metric
          timeAggregation: alert.aggregation
          operator: alert.operator
          threshold: alert.threshold
        }
      ]
    }
    actions: map(actions, id => { actionGroupId: id })
  }
}]
