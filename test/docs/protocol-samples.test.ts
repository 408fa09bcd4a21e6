import { expect, test } from 'vitest';
import * as z from 'zod/mini';
import { check } from '../../lib/protocol/check.ts';
import { commandRow } from '../../lib/protocol/commands.ts';
import { parseMessage } from '../../lib/protocol/envelope.ts';
import { errorTable, isReason } from '../../lib/protocol/errors.ts';
import { manifest } from '../../lib/recordings/manifest.ts';
import { eventBodies } from '../support/event-bodies.ts';
import { samples } from '../support/protocol-page.ts';

/** Each sample of docs/protocol.md is one that patchbay takes, or that it would send. */

const anEvent = z.strictObject({
  class: z.literal('core'),
  cmd: z.literal('event'),
  tid: z.string(),
  data: z.strictObject({
    class: z.literal('media'),
    subclass: z.enum(['session', 'room']),
    type: z.string(),
    obj_id: z.string(),
    body: z.record(z.string(), z.unknown()),
    seq: z.int(),
    time: z.iso.datetime(),
  }),
});
const aReply = z.strictObject({
  result: z.literal('ok'),
  tid: z.union([z.string(), z.number()]),
  data: z._default(z.record(z.string(), z.unknown()), {}),
});
const aRefusal = z.strictObject({
  result: z.literal('error'),
  tid: z.union([z.string(), z.number()]),
  data: z.strictObject({ code: z.int(), reason: z.string(), error: z.string(), retry_after: z.optional(z.int()) }),
});

/** The requests of the page by `tid`, and what a reply to each has to be. */
const asked = new Map(
  samples.flatMap((text) => {
    const message = JSON.parse(text);
    if (message.cmd === undefined || message.cmd === 'event') return [];
    const request = parseMessage(text);
    const reply = request.kind === 'request' ? commandRow(request.command).reply : z.object({});
    return [[message.tid, reply] as const];
  }),
);

/** All of it is known to the schema: replies are read by schemas that pass over what they do not know. */
function checkWhole(schema: z.core.$ZodType, value: unknown, path: string): void {
  expect(value).toEqual(check(schema, value, path));
}

test.each(samples)('the sample %s', (text) => {
  const message = JSON.parse(text);
  if (message.parts) {
    checkWhole(manifest, message, 'recording.json');
  } else if (message.cmd === 'event') {
    const { subclass, type, body } = check(anEvent, message, 'event').data;
    const schema = Object.entries<z.core.$ZodType>(eventBodies[subclass]).find(([name]) => name === type)?.[1];
    if (!schema) throw new Error(`no event ${subclass} ${type}`);
    // The client's own `event_body`.
    const { seat: _, ...own } = body;
    checkWhole(schema, own, 'body');
    if (typeof own.reason === 'string') expectRow(own.code, own.reason);
  } else if (message.result === 'ok') {
    const { tid, data } = check(aReply, message, 'reply');
    const schema = asked.get(tid);
    if (!schema) throw new Error(`nobody asked ${tid}`);
    checkWhole(schema, data, 'data');
  } else if (message.result === 'error') {
    const { tid, data } = check(aRefusal, message, 'reply');
    expect([...asked.keys()]).toContain(tid);
    expectRow(data.code, data.reason);
  } else {
    const request = parseMessage(text);
    if (request.kind === 'request') check(commandRow(request.command).data, request.data, 'data');
    else expect(request.kind).toBe('ping');
  }
});

function expectRow(code: unknown, reason: string): void {
  expect(isReason(reason) && errorTable[reason][0], reason).toBe(code);
}

test('no two requests of the page have one tid, so each reply is of one', () => {
  const requests = samples.filter((text) => /"cmd": (?!"event")/.test(text));
  expect(asked.size).toBe(requests.length);
});
