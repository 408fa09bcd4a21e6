import * as z from 'zod/mini';
import { signedRequest } from '../aws/signed-request.ts';
import { type BusSender, busSource, refusalOf } from './bus-sender.ts';

const answered = z.object({
  Entries: z.array(
    z.object({
      EventId: z.optional(z.string()),
      ErrorCode: z.optional(z.string()),
      ErrorMessage: z.optional(z.string()),
    }),
  ),
});

/**
 * The event bus for whoever has an event now and then: without EventBridge's client, as for connection management.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 *
 * @param url `https://events.region.amazonaws.com`
 */
export function signedBusSender(bus: string, url: string, region: string): BusSender {
  const endpoint = { url, region, service: 'events' };
  return {
    async put(entries) {
      const { status, text } = await signedRequest(endpoint, {
        method: 'POST',
        path: '/',
        headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSEvents.PutEvents' },
        body: JSON.stringify({
          Entries: entries.map(({ type, detail, timeMs }) => ({
            EventBusName: bus,
            Source: busSource,
            DetailType: type,
            Detail: detail,
            Time: timeMs / 1000,
          })),
        }),
      });
      if (status !== 200) throw new Error(`EventBridge answered ${status}: ${text.slice(0, 200)}`);
      const { Entries } = answered.parse(JSON.parse(text));
      return entries.map((_, at) => refusalOf(Entries[at]));
    },
    close: () => {},
  };
}
