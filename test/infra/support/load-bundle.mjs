// Plays Lambda's part in a process of its own: node load-bundle.mjs BUNDLE < event. Prints what the handler answers.
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const { handler } = await import(pathToFileURL(process.argv[2]).href);
const context = { awsRequestId: '8f3b0a3d-7f2b-4a10-9c1e-2d5a6b7c8d9e', functionName: 'patchbay' };
const answer = await handler(JSON.parse(await text(process.stdin)), context);
process.stdout.write(`\nanswer ${JSON.stringify(answer ?? null)}\n`, () => process.exit(0));
