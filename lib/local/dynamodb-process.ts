import dynalite from 'dynalite';

/** The process of the embedded DynamoDB: dynalite on the loopback port given, its data in the folder given. */

const [path, port] = process.argv.slice(2);
const server = dynalite({ ...(path && { path }), createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
server.keepAliveTimeout = 60_000;
server.listen(Number(port), '127.0.0.1', () => process.send?.({ listening: true }));
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
