import { smoke } from './smoke.ts';
import type { Wrtc } from './tone.ts';

/** `npm run smoke`: an echo and a room call against a deployment. */

const loadWrtc = async (): Promise<Wrtc | undefined> => {
  try {
    return (await import('@roamhq/wrtc')).default;
  } catch {
    return undefined;
  }
};

const exitCode = await smoke(process.argv.slice(2), {
  print: (line) => console.log(line),
  token: process.env.PATCHBAY_TOKEN,
  loadWrtc,
});
// libwebrtc's threads would keep the process up.
process.exit(exitCode);
