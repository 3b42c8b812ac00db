# Compiles each file, and runs none: file:line: message.
ARGV.each do |file|
  begin
    $VERBOSE = nil
    RubyVM::InstructionSequence.compile(File.read(file, encoding: "utf-8"), file)
  rescue SyntaxError => error
    puts error.message.lines.grep(/^p\d+\.rb:/).first || "#{file}:1: #{error.message}"
  end
end
