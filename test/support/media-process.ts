import { WebrtcEnd } from './call-ends.ts';
import type { MediaAnswer, MediaQuestion } from './forked-end.ts';
import { openTone } from './wrtc.ts';

/** A client's media in a process of its own, which `forkEnd` starts and speaks to. */
const end = new WebrtcEnd(openTone());

process.on('message', async ({ id, ask, sdp }: MediaQuestion) => {
  const answer: MediaAnswer = { id, value: (await end[ask](sdp)) ?? '' };
  process.send?.(answer);
});
process.on('disconnect', () => process.exit(0));
