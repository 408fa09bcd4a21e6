import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import dynalite from 'dynalite';
import { openTable, type Table } from '../../lib/store/table.ts';
import { createTable } from '../../lib/store/table-definition.ts';

export interface TestTable extends Table {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** A DynamoDB of its own in this process, on a free port of loopback, with the table made. */
export async function startTable(): Promise<TestTable> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('dynalite has no port');
  const endpoint = `http://127.0.0.1:${address.port}`;
  const table = openTable(`patchbay-${randomUUID()}`, endpoint);
  await createTable(table);
  return {
    ...table,
    endpoint,
    async stop() {
      table.client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
