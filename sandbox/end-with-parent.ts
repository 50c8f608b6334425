/** Preloaded in each process of `npm run local`: ends it when the parent process ends for any reason. */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
