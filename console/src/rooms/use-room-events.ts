import { useEffect, useState } from 'preact/hooks';
import type { PatchbayClient } from '../../../lib/client/index.ts';

const ofRooms = { subclass: 'room' } as const;

/** Asks for the events of rooms while it is active. Returns the client once they come, or are refused. */
export function useRoomEvents(client: PatchbayClient | undefined, isActive: boolean): PatchbayClient | undefined {
  const [followed, setFollowed] = useState<PatchbayClient>();
  useEffect(() => {
    if (!client || !isActive) return;
    let isOver = false;
    const follow = () => {
      if (!isOver) setFollowed(client);
    };
    // Who may not have them sees rooms all the same, and refreshes by hand.
    client.subscribe(ofRooms).then(follow, follow);
    return () => {
      isOver = true;
      setFollowed(undefined);
      client.unsubscribe(ofRooms).catch(() => undefined);
    };
  }, [client, isActive]);
  return followed;
}
