/** Makes a Kysely driver speak `AppError`, at the one place every statement and every connection passes. */
import type { DatabaseConnection, Driver, QueryResult } from 'kysely';
import { toAppError } from './errors.ts';

const translated = async <T>(call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    throw toAppError(error);
  }
};

/** Changes the driver it is given and returns it: the driver's own classes keep their identity and private state. */
export const withAppErrors = <D extends Driver>(driver: D): D => {
  const seen = new WeakSet<DatabaseConnection>();
  const acquire = driver.acquireConnection.bind(driver);
  driver.acquireConnection = async () => {
    const connection = await translated(() => acquire());
    if (seen.has(connection)) return connection;
    seen.add(connection);
    const execute = connection.executeQuery.bind(connection);
    connection.executeQuery = <R>(query: Parameters<typeof execute>[0]): Promise<QueryResult<R>> =>
      translated(async () => execute<R>(query));
    return connection;
  };
  return driver;
};
