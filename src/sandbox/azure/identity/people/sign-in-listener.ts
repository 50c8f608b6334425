import { createServer, type RequestListener, type Server } from 'node:http';
import { isAuthorizePath } from './authorize.ts';

/**
 * Plain http for the one page that browsers are shown: they do not know the local certificate authority, and nobody should
 * have to teach them. Nothing else is served there.
 */
export async function openSignInListener(port: number, serve: RequestListener): Promise<{ stop(): Promise<void> }> {
  const server: Server = createServer((message, response) => {
    const path = (message.url ?? '').replace(/\?.*/s, '');
    const host = (message.headers.host ?? '').replace(/:\d+$/, '');
    if (isAuthorizePath(path) && ['localhost', '127.0.0.1'].includes(host)) serve(message, response);
    else response.writeHead(404, { 'content-type': 'text/plain' }).end('The local Entra shows its sign-in page here.');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const inUse = 'code' in error && error.code === 'EADDRINUSE';
      const words = `port ${port}, for the sign-in page, is in use; choose another with --sign-in-port`;
      reject(inUse ? new Error(words) : error);
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
