import './switchboard.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PatchbayClient } from '../../../lib/client/index.ts';
import type { SourceKind } from '../call/source.ts';
import type { Sessions } from '../sessions/use-sessions.ts';
import { Page } from '../shell/page.tsx';
import { CallCard, type CallPlan } from './call-card.tsx';
import { NewCall } from './new-call.tsx';
import type { CallWish } from './switched-call.ts';
import { useEngine } from './use-engine.ts';
import { useMcuRooms } from './use-mcu-rooms.ts';

interface Props {
  readonly client: PatchbayClient | undefined;
  readonly isOnline: boolean;
  readonly isShown: boolean;
  /** All that the caller may control. */
  readonly sessions: Sessions;
  readonly list: ComponentChildren;
  readonly events: ComponentChildren;
}

/** Calls of FreeSWITCH, several at once: parked, echoed, mixed or bridged, and brought from one to the other. */
export function SwitchboardPage({ client, isOnline, isShown, sessions, list, events }: Props) {
  const [plans, setPlans] = useState<readonly CallPlan[]>([]);
  const last = useRef(0);
  const newCall = useRef<HTMLButtonElement>(null);
  const isActive = isOnline && isShown;
  const engine = useEngine(client, isActive);
  const { roomIds, refresh: lookForRooms } = useMcuRooms(isActive ? client : undefined);
  const peers = sessions.rows.filter(({ backend, state }) => backend === 'freeswitch' && state === 'ready');
  const look = () => {
    sessions.refresh();
    lookForRooms();
  };
  const surroundings = { peers, roomIds, look };
  // With another identity, other calls.
  useEffect(() => setPlans([]), [client]);

  const add = (source: SourceKind, wish: CallWish) => {
    last.current += 1;
    const plan = { number: last.current, source, wish };
    setPlans((before) => [...before, plan]);
  };
  const remove = (plan: CallPlan) => {
    setPlans((before) => before.filter((one) => one !== plan));
    newCall.current?.focus();
  };
  return (
    <Page
      name="Switchboard"
      isShown={isShown}
      isSideFirst
      main={
        plans.length === 0 ? (
          <section class="card" aria-label="Calls of the switchboard">
            <p class="card-empty">
              No calls yet. Start one or several: each can be parked, get its echo, join a room or be bridged with
              another one, and be switched from one to the other while it goes on.
            </p>
          </section>
        ) : (
          <div class="switchboard">
            {plans.map((plan) => (
              <CallCard
                key={plan.number}
                client={client}
                plan={plan}
                surroundings={surroundings}
                onRemove={() => remove(plan)}
              />
            ))}
          </div>
        )
      }
      side={<NewCall surroundings={surroundings} engine={engine} isOnline={isOnline} start={newCall} onStart={add} />}
      list={isShown && list}
      events={events}
    />
  );
}
