#ifndef VIGIE_CSQLITE_SHIM_H
#define VIGIE_CSQLITE_SHIM_H
// No header of SQLite: its types come from GRDB's module, and Swift would not know which of the two is meant.
extern int sqlite3_config(int option, ...);

// Variadic, which Swift cannot call; before anything else of SQLite is called. For options that take a table of methods:
static inline int vigie_sqlite_configure(int option, void *methods) {
    return sqlite3_config(option, methods);
}

// For options that take a number.
static inline int vigie_sqlite_set(int option, int value) {
    return sqlite3_config(option, value);
}
#endif
