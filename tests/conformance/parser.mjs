// Microsoft's own parser of the Kusto query language (npm: @kusto/language-service-next), with this program's tables.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Loads the parser from the folder that KUSTO_DIR names; it was installed there by npm. */
export function load() {
  const require = createRequire(path.join(path.resolve(process.env.KUSTO_DIR ?? '.'), 'x.js'));
  require('@kusto/language-service-next/bridge.min.js');
  require('@kusto/language-service-next/Kusto.Language.Bridge.min.js');
  return globalThis.Kusto.Language;
}

/** The tables of `src/kql/data/tables.tsv` as what the parser calls globals. */
export function globals(kusto, tsv) {
  const { TableSymbol, ColumnSymbol, DatabaseSymbol, ScalarTypes } = kusto.Symbols;
  const tables = readFileSync(tsv, 'utf8').trimEnd().split('\n').slice(1).map((line) => {
    const [name, columns] = line.split('\t');
    return new TableSymbol.$ctor4(name, columns.split(',').map((column) => {
      const [column_name, type] = column.split(':');
      return new ColumnSymbol(column_name, ScalarTypes.GetSymbol(type), null, null, null, null);
    }));
  });
  return kusto.GlobalState.Default.WithDatabase(new DatabaseSymbol.ctor('db', tables));
}

const list = (collection) => {
  if (!collection) return [];
  if (Array.isArray(collection)) return collection;
  return collection.ToArray ? collection.ToArray() : globalThis.Bridge.toArray(collection);
};

/** What the parser says of a query, in the form of `rulepost kql check --jsonl`. */
export function answer(kusto, state, query) {
  const code = kusto.KustoCode.ParseAndAnalyze(query, state);
  const diagnostics = list(code.GetDiagnostics()).map((d) => (
    { code: d.Code, severity: d.Severity, start: d.Start, length: d.Length, message: d.Message }));
  const result = code.ResultType;
  const table = result && globalThis.Bridge.is(result, kusto.Symbols.TableSymbol);
  return {
    diagnostics,
    columns: table ? list(result.Columns).map((c) => ({ name: c.Name, type: c.Type.Name })) : [],
    open: Boolean(table && result.IsOpen),
  };
}
