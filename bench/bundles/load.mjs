// Prints how much time of a processor a bundle takes to load, in ms, in a process of its own: node load.mjs BUNDLE
import { pathToFileURL } from 'node:url';

const url = pathToFileURL(process.argv[2]).href;
const before = process.cpuUsage();
await import(url);
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1000);
