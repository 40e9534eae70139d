/** Which database, and where. */
export type DatabaseOptions = { kind: 'sqlite'; path: string } | { kind: 'postgres'; url: string };
export type DatabaseKind = DatabaseOptions['kind'];
