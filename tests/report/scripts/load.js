// The page's scripts share one scope: some of them run together here, without a page, and give back some names.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const vm = require("node:vm");

const ASSETS = join(__dirname, "..", "..", "..", "jconv", "report", "assets");

module.exports = (files, names) => {
  const code = files.map((file) => readFileSync(join(ASSETS, `${file}.js`), "utf8")).join("\n");
  const context = vm.createContext({ Blob, Response, DecompressionStream, atob, URLSearchParams });
  return vm.runInContext(`${code}\n;({ ${names.join(", ")} })`, context);
};
