import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Gateway } from './gateway/gateway.ts';
import { openBelow, sendFile } from './static-files.ts';

/** The console talks to its own server only; what is blob: or mediastream: is the media of its calls. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'self'",
    "connect-src 'self' ws: wss:",
    "media-src 'self' blob: mediastream:",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Vite puts a hash of the content into the names below /assets/. */
const CACHE_FOREVER = 'public, max-age=31536000, immutable';
const CACHE_CHECKED = 'no-cache';
const CONSOLE_NOT_BUILT =
  'The patchbay console is not built. Build it with: npm run build:console\nThe API on this port works without it.\n';

export interface HttpServerOptions {
  readonly gateway: Gateway;
  /** The console's production build. */
  readonly consoleDir: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** More files to serve, below a prefix that ends with a slash: the recordings. */
  readonly files?: { readonly prefix: string; readonly dir: string } | undefined;
  readonly log?: ((line: object) => void) | undefined;
}

export interface HttpServer {
  readonly host: string;
  /** The one listened on, also when 0 was asked for. */
  readonly port: number;
  /** `http://127.0.0.1:3000`: the endpoint of the management API, too. */
  readonly url: string;
  /** Closes the gateway, then the server and what is left of its sockets. */
  close(): Promise<void>;
}

/** Starts the one port of the local stack: WebSocket API, `/@connections`, recordings and console. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { gateway, host, log = () => undefined } = options;
  // Other upgrades that a client offers (curl's h2c) are not taken up: the request is answered as it is.
  const shouldUpgradeCallback = ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket';
  const server = createServer({ shouldUpgradeCallback }, (request, response) => {
    handleRequest(options, request, response).catch((error: unknown) => {
      // Most often a client that left in the middle of a download.
      log({ level: 'info', message: 'request failed', url: request.url, error });
      if (response.headersSent) response.destroy();
      else answerText(response, 500, 'Internal server error\n');
    });
  });
  // The gateway answers an upgrade on any path but its own with 404.
  server.on('upgrade', (request, socket, head) => gateway.handleUpgrade(request, socket, head));

  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(options.port, host, resolve);
  await listening;
  server.off('error', reject);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`listening on ${address}, not on a port`);
  const { port } = address;

  return {
    host,
    port,
    url: `http://${urlHost(host)}:${port}`,
    async close() {
      await gateway.close();
      const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>();
      server.close(() => onClosed());
      server.closeAllConnections();
      await closed;
    },
  };
}

async function handleRequest(
  { gateway, consoleDir, files }: HttpServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  if (await gateway.handleRequest(request, response)) return;
  if (!gateway.isHostAllowed(request.headers.host)) return answerText(response, 403, 'Forbidden: unknown Host\n');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return answerText(response, 405, 'Method not allowed\n');
  }
  const path = request.url?.split('?', 1)[0] ?? '/';
  const isExtra = files !== undefined && path.startsWith(files.prefix);
  const file = isExtra
    ? await openBelow(files.dir, path.slice(files.prefix.length))
    : await openBelow(consoleDir, path === '/' ? '/index.html' : path);
  if (file !== undefined) {
    const cacheControl = !isExtra && path.startsWith('/assets/') ? CACHE_FOREVER : CACHE_CHECKED;
    return sendFile(file, cacheControl, request, response);
  }
  return path === '/' ? answerText(response, 200, CONSOLE_NOT_BUILT) : answerText(response, 404, 'Not found\n');
}

function answerText(response: ServerResponse, statusCode: number, text: string): void {
  response.setHeader('cache-control', 'no-store');
  response.writeHead(statusCode, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

/** A name to connect to: the unspecified addresses are for listening only, and IPv6 needs its brackets. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
