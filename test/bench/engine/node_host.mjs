// Runs a WASI module in node, compiled before the clock starts; the run's CPU seconds go to stderr.
import { readFile } from "node:fs/promises";
import { argv, cpuUsage, exit, stderr } from "node:process";
import { WASI } from "node:wasi";

const wasi = new WASI({ version: "preview1", args: ["program"], returnOnExit: true });
const module = await WebAssembly.compile(await readFile(argv[2]));
const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport });
const before = cpuUsage();
const status = wasi.start(instance);
const used = cpuUsage(before);
stderr.write(`cpu ${(used.user + used.system) / 1e6}\n`);
exit(status);
