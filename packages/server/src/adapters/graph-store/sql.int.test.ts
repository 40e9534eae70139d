import { eachEngine } from '../../db/test-db.ts';
import { graphStoreContract } from '../../ports/graph-store.contract.ts';
import { createSqlGraphStore } from './sql.ts';

eachEngine('graph in the SQL database', (engine) => {
  graphStoreContract(async () => createSqlGraphStore(await engine.makeDb()));
});
