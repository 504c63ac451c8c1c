// What modules do in V8, as record.cc tells it of ours: `node --experimental-wasm-type-reflection host.mjs MODULE…` prints a line of JSON a module.
import { createHash } from "node:crypto";
import { readFileSync, writeSync } from "node:fs";

const CALLS_AN_EXPORT = 3;
const FUEL = 200;

// V8's messages; kind_of() in record.cc has our side.
const KINDS = [
  [/unreachable/, "unreachable"],
  [/memory access out of bounds/, "memory"],
  [/data segment (is )?out of bounds/, "memory"],
  [/table index is out of bounds|table access out of bounds|element segment (is )?out of bounds/, "table"],
  [/null function|function signature mismatch/, "call type"],
  [/divide by zero|remainder by zero/, "division by zero"],
  [/divide result unrepresentable|float unrepresentable in integer range/, "overflow"],
  [/dereferencing a null pointer|rethrowing null value/, "null"],
  [/unaligned accesses/, "unaligned"],
];

function kindOf(error) {
  if (error instanceof WebAssembly.Exception) return "exception";
  if (error instanceof RangeError && /call stack/.test(error.message)) return "stack";
  const found = KINDS.find(([message]) => message.test(error.message));
  return found ? found[1] : `${error.name}: ${error.message}`;
}

const INTEGERS = [0n, 1n, -1n, -0x80000000n, 0x7fffffffn, 42n, 0x10000n, -128n];
const F32 = [0, 0x3f800000, 0xbf800000, 0x7fc00000, 0x7f800000, 0x80000000, 1, 0x4f000000];
const F64 = [0n, 0x3ff0000000000000n, 0xbff0000000000000n, 0x7ff8000000000000n, 0x7ff0000000000000n,
  0x8000000000000000n, 1n, 0x41e0000000000000n];
const OBJECT = {};

const scratch = new DataView(new ArrayBuffer(8));
function f32(bits) { scratch.setUint32(0, bits); return scratch.getFloat32(0); }
function f64(bits) { scratch.setBigUint64(0, bits); return scratch.getFloat64(0); }

// JavaScript cannot have these.
function isHidden(type) { return type === "v128" || type === "exnref"; }

function argument(type, turn) {
  const at = turn % 8;
  switch (type) {
    case "i32": return Number(INTEGERS[at]);
    case "i64": return INTEGERS[at];
    case "f32": return f32(F32[at]);
    case "f64": return f64(F64[at]);
    case "externref": return turn % 2 === 1 ? OBJECT : null;
    default: return null;
  }
}

function text(type, value) {
  switch (type) {
    case "i32": return `i32:${value}`;
    case "i64": return `i64:${value}`;
    case "f32":
      scratch.setFloat32(0, value);
      return Number.isNaN(value) ? "f32:nan" : `f32:${scratch.getUint32(0).toString(16)}`;
    case "f64":
      scratch.setFloat64(0, value);
      return Number.isNaN(value) ? "f64:nan" : `f64:${scratch.getBigUint64(0).toString(16)}`;
    default: return value === null ? "ref:null" : "ref";
  }
}

class Recorder {
  constructor(bytes) {
    this.lines = [];
    this.module = new WebAssembly.Module(bytes);
    this.exports = WebAssembly.Module.exports(this.module);  // with types, by that flag
    this.imports = {};
    for (const { module: from, name, kind } of WebAssembly.Module.imports(this.module)) {
      (this.imports[from] ??= {})[name] = this.host(name, kind);
    }
  }

  // What modules import; host.cc has the same.
  host(name, kind) {
    if (kind === "global") return OBJECT;
    if (kind === "tag") return new WebAssembly.Tag({ parameters: [name === "jstag" ? "externref" : "i32"] });
    const log = (type) => (value) => { if (this.lines.length < 10000) this.lines.push(`log ${text(type, value)}`); };
    switch (name) {
      case "log-i32": case "throw": return log("i32");
      case "log-i64": return log("i64");
      case "log-f32": return log("f32");
      case "log-f64": return log("f64");
      case "log-v128": return () => {};  // V8 throws a TypeError instead of calling it
      case "table-get": return () => null;
      case "table-set": case "call-export": case "call-ref": return () => {};
      case "call-export-catch": case "call-ref-catch": return () => 0;
      case "sleep": return (_, id) => id;
      default: return undefined;
    }
  }

  run() {
    try {
      this.instance = new WebAssembly.Instance(this.module, this.imports);
    } catch (error) {
      if (error instanceof WebAssembly.CompileError || error instanceof WebAssembly.LinkError) throw error;
      this.lines.push(`init traps: ${kindOf(error)}`);
      return;
    }
    this.lines.push("init");
    this.state();
    for (const { name, kind, type } of this.exports) {
      if (kind !== "function" || [...type.parameters, ...type.results].some(isHidden)) continue;
      for (let i = 0; i < CALLS_AN_EXPORT; ++i) this.call(name, type, i);
    }
  }

  call(name, { parameters, results }, turn) {
    const values = parameters.map((type, p) => argument(type, 3 * turn + p));
    let line = `${name}(` + values.map((value, p) => `${text(parameters[p], value)} `).join("");
    const { fuel, hangLimitInitializer } = this.instance.exports;
    if (fuel instanceof WebAssembly.Global) fuel.value = FUEL;
    if (hangLimitInitializer) hangLimitInitializer();
    try {
      let returned = this.instance.exports[name](...values);
      returned = results.length === 0 ? [] : results.length === 1 ? [returned] : [...returned];
      line += ")" + returned.map((value, r) => ` ${text(results[r], value)}`).join("");
    } catch (error) {
      line += `) traps: ${kindOf(error)}`;
    }
    this.lines.push(line);
    this.state();
  }

  state() {
    let line = "state";
    for (const { name, kind, type } of this.exports) {
      const value = this.instance.exports[name];
      if (kind === "memory") {
        const bytes = new Uint8Array(value.buffer);
        const digest = createHash("sha256").update(type.shared ? bytes.slice() : bytes).digest("hex");
        line += ` ${name}=${bytes.length}:${digest.slice(0, 16)}`;
      } else if (kind === "table") {
        const size = Number(value.length);
        let nulls = "";
        for (let i = 0; i < size; ++i) nulls += value.get(type.address === "i64" ? BigInt(i) : i) === null ? "-" : "x";
        line += ` ${name}=${nulls}`;
      } else if (kind === "global") {
        line += ` ${name}=${isHidden(type.value) ? type.value : text(type.value, value.value)}`;
      }
    }
    this.lines.push(line);
  }
}

for (const path of process.argv.slice(2)) {
  const result = { module: path };
  try {
    const recorder = new Recorder(readFileSync(path));
    recorder.run();
    result.lines = recorder.lines;
  } catch (error) {
    result.refused = `${error.name}: ${error.message}`;
  }
  writeSync(1, JSON.stringify(result) + "\n");
  globalThis.gc?.();
}
