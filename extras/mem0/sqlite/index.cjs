/**
 * Mem0 imports better-sqlite3 whether it is used or not. That is a native module whose prebuilt file cannot be had
 * everywhere, and Node has SQLite itself: here is the little that Mem0 calls (exec, prepare, transaction, close).
 */
const { chmodSync } = require('node:fs');
const { DatabaseSync } = require('node:sqlite');

/** Mem0 closes only some of what it opens; `closeBelow` ends the rest. */
const open = new Set();

class Database {
  constructor(path) {
    this.path = path;
    this.db = new DatabaseSync(path, { timeout: 5_000 });
    // What is deleted is overwritten in the file too.
    this.db.exec('PRAGMA secure_delete = ON');
    chmodSync(path, 0o600);
    open.add(this);
  }

  exec(sql) {
    this.db.exec(sql);
    return this;
  }

  prepare(sql) {
    return this.db.prepare(sql);
  }

  transaction(work) {
    return (...args) => {
      this.db.exec('BEGIN');
      try {
        const result = work(...args);
        this.db.exec('COMMIT');
        return result;
      } catch (error) {
        this.db.exec('ROLLBACK');
        throw error;
      }
    };
  }

  close() {
    if (open.delete(this)) this.db.close();
  }
}

module.exports = Database;
module.exports.closeBelow = (folder) => {
  for (const one of [...open]) if (one.path.startsWith(folder)) one.close();
};
