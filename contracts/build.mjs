// Compiles the contracts with the pinned compiler and writes `artifacts/NAME.json`; with --check, compares instead.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const solc = createRequire(import.meta.url)("solc");
const check = process.argv.includes("--check");
const CONTRACTS = [
  "Rv64Step.sol",
  "Mips32Step.sol",
  "PreimageOracle.sol",
  "dispute/DisputeGame.sol",
  "dispute/ProofGate.sol",
  "dispute/Attestation.sol",
];

const settings = {
  evmVersion: "cancun",
  viaIR: true,
  optimizer: { enabled: true, runs: 200 },
  metadata: { bytecodeHash: "none", appendCBOR: false },
  outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
};

const read = (path) => readFileSync(join(here, "solidity", path), "utf8");
const sums = Object.fromEntries(
  readdirSync(join(here, "solidity"), { recursive: true })
    .filter((path) => path.endsWith(".sol"))
    .sort()
    .map((path) => [path, createHash("sha256").update(read(path)).digest("hex")]),
);

let differ = 0;
for (const source of CONTRACTS) {
  const name = basename(source, ".sol");
  const used = new Set([source]);
  const input = { language: "Solidity", sources: { [source]: { content: read(source) } }, settings };
  const find = (path) => {
    used.add(path);
    return { contents: read(path) };
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: find }));
  for (const { formattedMessage } of output.errors ?? []) console.error(formattedMessage);
  if (output.errors?.some(({ severity }) => severity === "error")) process.exit(1);
  const { abi, evm } = output.contracts[source][name];
  const { outputSelection, ...kept } = settings;
  const artifact = {
    contract: name,
    compiler: solc.version(),
    settings: kept,
    sources: Object.fromEntries(Object.entries(sums).filter(([path]) => used.has(path))),
    abi,
    bytecode: `0x${evm.bytecode.object}`,
    deployedBytecode: `0x${evm.deployedBytecode.object}`,
  };
  const text = `${JSON.stringify(artifact, null, 2)}\n`;
  const path = join(here, "artifacts", `${name}.json`);
  const bytes = evm.deployedBytecode.object.length / 2;
  if (!check) {
    writeFileSync(path, text);
    console.log(`${name}: ${bytes} bytes, written`);
  } else if (readFileSync(path, "utf8") === text) {
    console.log(`${name}: ${bytes} bytes, as checked in`);
  } else {
    console.error(`${name}: artifacts/${name}.json is not what the sources give; run contracts/build.sh`);
    differ = 1;
  }
}
process.exit(differ);
