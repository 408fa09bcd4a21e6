import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../domain/backoff.ts';

/** How often, and how long, something that may not be there yet is asked for. */
export interface Patience {
  readonly rounds: number;
  readonly timeoutMs: number;
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
}

/** A task's network may come up some seconds after its containers; 40 s in all, within what ECS waits for. */
export const patience: Patience = { rounds: 6, timeoutMs: 3000, backoff: { baseMs: 500, maxMs: 4000 } };

/** @throws what the last round threw */
export async function retried<T>(work: () => Promise<T>, { rounds, backoff }: Patience): Promise<T> {
  for (let round = 0; ; round += 1) {
    try {
      return await work();
    } catch (error) {
      if (round + 1 >= rounds) throw error;
      await delay(backoffMs(round, backoff.baseMs, backoff.maxMs, Math.random));
    }
  }
}

/** What a URL answers, at most so much of it. @throws Error that says why there is nothing, without the URL */
export async function ask(url: string, { timeoutMs }: Patience, maxBytes: number): Promise<string> {
  let response: Response;
  try {
    response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error });
  }
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    // Leaving the loop ends the response.
    if (text.length > maxBytes) throw new Error(`it answered more than ${maxBytes} bytes`);
  }
  if (!response.ok) throw new Error(`it answered ${response.status}`);
  return text;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'it did not answer in time';
  return error.cause instanceof Error ? error.cause.message : error.message;
}
