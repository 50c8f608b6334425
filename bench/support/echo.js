/** The smallest bot with this SDK: botbuilder and restify, echoing texts. */
import { ActivityHandler, CloudAdapter, ConfigurationBotFrameworkAuthentication } from 'botbuilder';
import restify from 'restify';

const bot = new ActivityHandler().onMessage((context) => context.sendActivity(context.activity.text));
const adapter = new CloudAdapter(new ConfigurationBotFrameworkAuthentication({}));
const server = restify.createServer().use(restify.plugins.bodyParser());
server.get('/readyz', async (_request, response) => response.send(200, 'ready'));
server.post('/api/messages', async (request, response) => {
  await adapter.process(request, response, (context) => bot.run(context));
});
server.listen(Number(process.env.PORT), '127.0.0.1');
