// Parses each file as Node would: file:line: message.
const fs = require('fs');
const vm = require('vm');
for (const file of process.argv.slice(2)) {
  try {
    vm.compileFunction(fs.readFileSync(file, 'utf8'), ['exports', 'require', 'module', '__filename', '__dirname'], { filename: file });
  } catch (error) {
    console.log(`${(error.stack || '').split('\n')[0]}: ${error.message}`);
  }
}
