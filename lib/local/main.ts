import { readSettings } from './settings.ts';
import { startStack } from './stack.ts';

/** `bin/start`: runs the local stack until Ctrl-C. */

const forceMs = 4500;

try {
  const settings = readSettings();
  const stack = await startStack(settings);
  console.log(`patchbay ready  console ${stack.consoleUrl}  api ${stack.apiUrl}`);

  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), forceMs).unref();
    stack.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
} catch (error) {
  console.error(`patchbay could not start: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
