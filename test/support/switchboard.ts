import type { Locator, Page } from 'playwright-core';
import { type FreeSwitchDouble, startFreeSwitchDouble } from './freeswitch/freeswitch-double.ts';
import type { FreeSwitchEngine } from './freeswitch-stack.ts';
import { startTestStack, type TestStack } from './stack.ts';
import { connectClient } from './wrtc.ts';

export interface EngineStack {
  readonly stack: TestStack;
  readonly double: FreeSwitchDouble | undefined;
  /** Ends all sessions: those of a closed tab would wait for it. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

/** A stack for browsers, on a FreeSWITCH or on its double. */
export async function startStackOn(engine: FreeSwitchEngine): Promise<EngineStack> {
  const double = engine === 'double' ? await startFreeSwitchDouble() : undefined;
  const stack = await startTestStack(double && { PATCHBAY_FREESWITCH_URL: double.url, PATCHBAY_FREESWITCH_BIN: '' });
  const client = await connectClient(stack.api);
  return {
    stack,
    double,
    async clear() {
      const { sessions } = await client.request('session/get_list', {});
      await Promise.all(sessions.map(({ session_id }) => client.request('session/destroy', { session_id })));
    },
    async stop() {
      client.close();
      await stack.stop();
      await double?.stop();
    },
  };
}

export interface WishedPlace {
  readonly type: 'park' | 'echo' | 'mcu' | 'bridge';
  readonly room?: string;
  readonly roomType?: string;
  readonly peer?: string;
}

export interface WishedCall extends WishedPlace {
  readonly source?: 'Camera' | 'Audio only' | 'Test picture';
  readonly isServerOffering?: boolean;
  readonly isParkedAfterPeer?: boolean;
}

export const card = (page: Page, number: number): Locator =>
  page.getByRole('region', { name: `Call ${number}`, exact: true });

/** The newest card's session, when it is there. */
export async function sessionOf(one: Locator): Promise<string> {
  await one.and(one.page().locator('[data-session-id]')).waitFor();
  return (await one.getAttribute('data-session-id')) ?? '';
}

async function fill(part: Locator, prefix: 'new' | 'switch', { type, room, roomType, peer }: WishedPlace) {
  await part.getByTestId(`${prefix}-type-${type}`).click();
  if (room !== undefined) await part.getByTestId(`${prefix}-room`).fill(room);
  if (roomType !== undefined) await part.getByTestId(`${prefix}-room-type`).selectOption(roomType);
  if (peer !== undefined) await part.getByTestId(`${prefix}-peer`).selectOption(peer);
}

/** Starts a call by the form, and waits until its session exists. */
export async function startCard(page: Page, number: number, wish: WishedCall): Promise<string> {
  const { source = 'Camera', isServerOffering = false, isParkedAfterPeer = true } = wish;
  const form = page.getByRole('form', { name: 'New call' });
  await fill(form, 'new', wish);
  await form.getByTestId('new-server-offers').setChecked(isServerOffering);
  await form.getByTestId('new-parked-after-peer').setChecked(isParkedAfterPeer);
  await form.getByText(source).click();
  await form.getByTestId('new-start').click();
  return sessionOf(card(page, number));
}

/** Asks for another type. */
export async function switchCard(one: Locator, wish: WishedPlace): Promise<void> {
  const form = one.getByRole('form', { name: 'Switch' });
  await fill(form, 'switch', wish);
  await form.getByTestId('switch').click();
}

/** Waits until a card says that it is of a type. */
export const isPlaced = (one: Locator, type: WishedPlace['type']): Promise<void> =>
  one
    .getByTestId('place')
    .and(one.page().locator(`[data-type=${type}]`))
    .waitFor();
