/** Loaded into each process of `npm run local`: ends it when the one that started it is gone, however that went. */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
