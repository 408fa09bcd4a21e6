import { randomUUID } from 'node:crypto';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import * as z from 'zod/mini';
import { type Caller, callerSchema } from '../domain/access.ts';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import { signatureHeader, timeHeader, verify } from '../domain/signature.ts';
import { check } from '../protocol/check.ts';
import { commandNames, commandRow } from '../protocol/commands.ts';
import { PatchbayError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import { tableAway } from '../store/faults.ts';
import { Idempotency } from './idempotency.ts';
import type { Metrics } from './metrics.ts';
import type { NodeCommand } from './order.ts';
import type { Placed } from './session/sessions.ts';
import { asPatchbayError } from './settle.ts';

export interface HttpOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** The keys that requests may be signed with now. */
  readonly keys: () => readonly string[];
  /** Whether the node can take a session: true only if an engine is up. */
  readonly ready: () => boolean;
  readonly run: (command: NodeCommand, order: RawOrder) => Promise<unknown>;
  readonly connectionGone: (connectionId: string) => void;
}

/** A command whose data is checked, but not yet typed by its name. */
export interface RawOrder {
  readonly caller: Caller;
  readonly data: unknown;
  readonly requestId: string;
  readonly placed: Placed | undefined;
  readonly after: string;
  readonly accepted: () => void;
}

const commandBody = z.object({
  request_id: z.string().check(z.minLength(1), z.maxLength(256)),
  caller: callerSchema,
  data: z.unknown(),
  after: z._default(z.string(), ''),
  placed: z.optional(
    z.object({
      session_id: z.string(),
      attempt: z.int(),
    }),
  ),
});

const goneBody = z.object({ connection_id: z.string() });

/**
 * The node's HTTP API. `POST /v1/{subclass}/{cmd}` takes what functions send, signed with the node's key;
 * `/healthz`, `/readyz` and `/metrics` are for whoever watches the node.
 */
export function createHttp(options: HttpOptions): FastifyInstance {
  const app = fastify({
    bodyLimit: 2 * limits.messageBytes,
    forceCloseConnections: true,
    keepAliveTimeout: 60_000,
    genReqId: () => randomUUID(),
  });
  const idempotency = new Idempotency(options.clock);

  // Bodies stay text until their signature is checked.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error, request, reply) => sendError(options.log, error, request, reply));

  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', (_request, reply) =>
    options.ready() ? { status: 'ready' } : reply.code(503).send({ status: 'no engine is up' }),
  );
  app.get('/metrics', async (_request, reply) =>
    reply.type(options.metrics.registry.contentType).send(await options.metrics.registry.metrics()),
  );

  app.register(async (signed) => {
    signed.addHook('preHandler', async (request) => requireSignature(options, request));
    signed.post('/v1/connection/gone', async (request) => {
      options.connectionGone(check(goneBody, parse(request), 'body').connection_id);
      return {};
    });
    for (const command of commandNames) {
      if (command === 'node/get_list') continue;
      signed.post(`/v1/${command}`, async (request, reply) => {
        const body = check(commandBody, parse(request), 'body');
        const order: Omit<RawOrder, 'accepted'> = {
          caller: body.caller,
          data: check(commandRow(command).data, body.data, 'data'),
          requestId: body.request_id,
          after: body.after,
          placed: body.placed && {
            sessionId: body.placed.session_id,
            attempt: body.placed.attempt,
          },
        };
        return idempotency.run(
          `${command} ${body.request_id}`,
          (accepted) => timed(options, command, { ...order, accepted }),
          // Tells the function that the node has it: 102 (Processing), RFC 2518.
          () => reply.raw.headersSent || reply.raw.writeProcessing(),
        );
      });
    }
  });
  return app;
}

async function timed({ metrics, run }: HttpOptions, command: NodeCommand, order: RawOrder): Promise<unknown> {
  const startedAt = performance.now();
  let result = 'ok';
  try {
    return await run(command, order);
  } catch (error) {
    result = asPatchbayError(error).reason;
    throw error;
  } finally {
    metrics.command(command, result, (performance.now() - startedAt) / 1000);
  }
}

function requireSignature({ clock, keys }: HttpOptions, request: FastifyRequest): void {
  const message = {
    method: request.method,
    path: request.url,
    timeMs: Number(header(request, timeHeader)),
    body: typeof request.body === 'string' ? request.body : '',
  };
  if (!verify(message, header(request, signatureHeader), keys(), clock.nowMs())) {
    throw new PatchbayError('not_authenticated', 'the signature is not valid');
  }
}

function header(request: FastifyRequest, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

function parse(request: FastifyRequest): unknown {
  try {
    return JSON.parse(String(request.body));
  } catch (cause) {
    throw new PatchbayError('syntax_error', 'the body is not JSON', { cause });
  }
}

/** fastify's own refusals are the sender's fault: a body too large, a wrong header. */
function clientError(thrown: unknown): PatchbayError {
  const code: unknown = thrown instanceof Error ? Reflect.get(thrown, 'code') : undefined;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new PatchbayError('message_too_large');
  if (typeof code === 'string' && code.startsWith('FST_ERR_CTP')) return new PatchbayError('syntax_error');
  return tableAway(thrown) ?? asPatchbayError(thrown);
}

/** A fault that has no row in the table gets a reference, which the log has too. */
function sendError(log: Log, thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = clientError(thrown);
  if (error.reason === 'not_authenticated') return reply.code(401).send(error.toBody());
  if (error.reason !== 'internal_error') {
    if (error.engine) log.warn({ path: request.url, reason: error.reason, engine: error.engine }, 'command refused');
    return reply.code(400).send(error.toBody());
  }
  log.error({ err: error.cause ?? error, path: request.url, reference: request.id }, 'command failed');
  return reply.code(500).send({ ...error.toBody(), error: `an unexpected fault, reference ${request.id}` });
}
