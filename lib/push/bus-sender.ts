import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';

/** One event for the bus: its detail-type, its detail as JSON, and when it happened. */
export interface BusEntry {
  readonly type: string;
  readonly detail: string;
  readonly timeMs: number;
}

/** What consumers' rules match on. */
export const busSource = 'patchbay';

/** The event bus, as far as events need it. */
export interface BusSender {
  /**
   * Puts up to 10 entries.
   *
   * @returns of each entry, why it was refused, or undefined when it was taken
   * @throws Error when nothing is known to have been taken
   */
  put(entries: readonly BusEntry[]): Promise<(string | undefined)[]>;
  close(): void;
}

/** Why EventBridge did not take an entry, by its part of the answer; undefined: it did. */
export const refusalOf = ({ EventId, ErrorCode, ErrorMessage }: PutResult = {}): string | undefined =>
  EventId === undefined ? `${ErrorCode ?? 'no answer'}: ${ErrorMessage ?? ''}` : undefined;

interface PutResult {
  readonly EventId?: string | undefined;
  readonly ErrorCode?: string | undefined;
  readonly ErrorMessage?: string | undefined;
}

/** @param endpoint of something that speaks EventBridge on this machine; else AWS, with the task's role */
export function eventBridgeSender(bus: string, endpoint?: string): BusSender {
  const client = new EventBridgeClient({
    // The bus' queue decides what is tried again, and when.
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
    ...(endpoint !== undefined && {
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    }),
  });
  return {
    async put(entries) {
      const { Entries = [] } = await client.send(
        new PutEventsCommand({
          Entries: entries.map(({ type, detail, timeMs }) => ({
            EventBusName: bus,
            Source: busSource,
            DetailType: type,
            Detail: detail,
            Time: new Date(timeMs),
          })),
        }),
      );
      return entries.map((_, at) => refusalOf(Entries[at]));
    },
    close: () => client.destroy(),
  };
}
