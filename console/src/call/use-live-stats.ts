import { useEffect, useState } from 'preact/hooks';
import { compare, type LiveStats, readSample, type StatsSample, type StatsWay } from './stats.ts';

const intervalMs = 1000;

/** The statistics of a live peer connection, once a second; undefined until there are two samples. */
export function useLiveStats(peerConnection: RTCPeerConnection | undefined, way: StatsWay): LiveStats | undefined {
  const [stats, setStats] = useState<LiveStats>();

  useEffect(() => {
    if (!peerConnection) return;
    let isOver = false;
    let before: StatsSample | undefined;
    const look = async () => {
      const now = readSample(await peerConnection.getStats(), way, performance.now());
      if (isOver) return;
      if (before) setStats(compare(before, now));
      before = now;
    };
    // A closed peer connection may refuse: the call is over then, and so is this.
    const lookQuietly = () => void look().catch(() => undefined);
    lookQuietly();
    const timer = setInterval(lookQuietly, intervalMs);
    return () => {
      isOver = true;
      clearInterval(timer);
      setStats(undefined);
    };
  }, [peerConnection, way]);

  return stats;
}
