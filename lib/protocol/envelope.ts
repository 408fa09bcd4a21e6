import * as z from 'zod/mini';
import { check, didYouMean } from './check.ts';
import { type Command, commandRow, routes } from './commands.ts';
import { type ErrorBody, PatchbayError } from './errors.ts';
import { limits } from './limits.ts';
import { todaysForm } from './older-forms.ts';

/** The envelope: docs/protocol.md#messages. */

export const tid = z.union([z.string().check(z.maxLength(limits.tidChars)), z.number()]);
export type Tid = z.output<typeof tid>;

const subclasses = ['session', 'room', 'node', 'event'] as const;

const requestSchema = z.strictObject({
  class: z.optional(z.enum(['media', 'core', ...subclasses])),
  subclass: z.optional(z.string().check(z.maxLength(64))),
  cmd: z.string().check(z.maxLength(64)),
  data: z.optional(z.record(z.string(), z.unknown())),
  tid: z.optional(tid),
});

/** A request as a handler sees it: the command resolved, older names of fields replaced. */
export interface Request {
  readonly kind: 'request';
  readonly command: Command;
  readonly data: Record<string, unknown>;
  readonly tid: Tid | undefined;
}

/** What else a client may send: a ping, or its response to an event. */
export type Message =
  | Request
  | { readonly kind: 'ping'; readonly tid: Tid | undefined }
  | { readonly kind: 'event_response' };

export type Reply = { result: 'ok'; data?: unknown; tid?: Tid } | { result: 'error'; data: ErrorBody; tid?: Tid };

export const okReply = (replyTid: Tid | undefined, data?: unknown): Reply => ({
  result: 'ok',
  ...(data !== undefined && !isEmpty(data) && { data }),
  ...(replyTid !== undefined && { tid: replyTid }),
});

export const errorReply = (replyTid: Tid | undefined, error: PatchbayError): Reply => ({
  result: 'error',
  data: error.toBody(),
  ...(replyTid !== undefined && { tid: replyTid }),
});

/**
 * Parses the text of one message.
 *
 * @throws PatchbayError syntax_error, missing_field, invalid_value, unknown_command
 */
export function parseMessage(text: string): Message {
  const value = parseObject(text);
  if (value.ping === true || value.cmd === 'ping') return { kind: 'ping', tid: tidOf(value) };
  if (value.cmd === undefined && value.result !== undefined) return { kind: 'event_response' };

  const request = check(requestSchema, value, 'message');
  // Two of the seeds' samples put the subclass where the class belongs.
  const classIsSubclass = subclasses.find((word) => word === request.class);
  const subclass = request.subclass ?? classIsSubclass ?? 'session';
  const { route, data } = todaysForm({ route: `${subclass}/${request.cmd}`, data: request.data ?? {} });
  const command = resolveCommand(route);
  return {
    kind: 'request',
    command,
    data: renameFields(data, commandRow(command).fieldNames ?? {}),
    tid: request.tid,
  };
}

/** The `tid` of a message that may be wrong in every other way, so that its error can be answered. */
export function tidOfText(text: string): Tid | undefined {
  try {
    return tidOf(parseObject(text));
  } catch {
    return undefined;
  }
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new PatchbayError('syntax_error', 'the message is not JSON', { cause });
  }
  if (!isObject(value)) throw new PatchbayError('syntax_error', 'the message is JSON, but no object');
  return value;
}

/** Not by the schema, which may throw (`check`): this one is for messages that may be wrong in any way. */
function tidOf({ tid }: Record<string, unknown>): Tid | undefined {
  if (typeof tid === 'string') return tid.length <= limits.tidChars ? tid : undefined;
  return typeof tid === 'number' && Number.isFinite(tid) ? tid : undefined;
}

function resolveCommand(route: string): Command {
  const command = routes.get(route);
  if (command) return command;
  const slash = route.indexOf('/');
  const [subclass, cmd] = [route.slice(0, slash), route.slice(slash + 1)];
  const known = [...routes.keys()].map((route) => route.split('/'));
  const siblings = known.filter(([word]) => word === subclass).map(([, name]) => name ?? '');
  if (siblings.length === 0) {
    const hint = didYouMean(subclass, [...new Set(known.map(([word]) => word ?? ''))]);
    throw new PatchbayError('unknown_command', `unknown subclass ${subclass}${hint}`);
  }
  throw new PatchbayError('unknown_command', `unknown command ${subclass}/${cmd}${didYouMean(cmd, siblings)}`);
}

function renameFields(data: Record<string, unknown>, names: Readonly<Record<string, string>>): Record<string, unknown> {
  if (!Object.keys(data).some((name) => Object.hasOwn(names, name))) return data;
  const renamed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(data)) {
    const today = Object.hasOwn(names, name) ? (names[name] ?? name) : name;
    if (Object.hasOwn(data, today) && today !== name) {
      throw new PatchbayError(
        'invalid_parameters',
        `data.${name} is the older name of data.${today}: give one of them`,
      );
    }
    renamed[today] = value;
  }
  return renamed;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isEmpty = (value: unknown) => isObject(value) && Object.keys(value).length === 0;
