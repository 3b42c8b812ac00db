# Loaded before a program (ruby -r): reports the exception that ends it, with exact places, and runs test cases.
RubyVM.keep_script_lines = true if RubyVM.respond_to?(:keep_script_lines=)

# RubyGems costs ten times the rest of the start: it is loaded when something asks for it, or cannot be found without.
autoload :Gem, "rubygems"
autoload :RbConfig, "rbconfig"
autoload :Monitor, "monitor"
autoload :MonitorMixin, "monitor"

module Kernel
  alias_method :spanwise_require, :require

  def require(path)
    spanwise_require(path)
  rescue LoadError
    raise unless SpanwiseReport.more_libraries
    retry
  end
  private :require
end

module SpanwiseReport
  PLACES = 10
  LIBRARIES = %w[/usr/share/rubygems-integration/all/gems/*/lib /usr/lib/ruby/gems/*/gems/*/lib]

  # Whether there are more places to find libraries: first the bundled ones, then all that RubyGems knows.
  def self.more_libraries
    folders = LIBRARIES.shift(2).flat_map { |pattern| Dir.glob(pattern) }
    return $LOAD_PATH.concat(folders) unless folders.empty?
    Gem if Object.autoload?(:Gem)
  end

  # Collects the test cases that are defined, runs them, and ends the program where one did not pass.
  def self.unit
    Test::Unit::AutoRunner.need_auto_run = false
    require "test/unit/testresult"
    require "test/unit/collector/descendant"
    result = Test::Unit::TestResult.new
    Test::Unit::Collector::Descendant.new.collect.run(result) {}
    result.faults.each do |fault|
      if fault.respond_to?(:exception)
        exception(fault.exception)
      else
        write(code: "Failure", message: fault.message.to_s, failed: true)
      end
    end
    return if result.faults.empty? && result.run_count > 0
    STDOUT.flush
    exit!(1)
  end

  def self.exception(error)
    return if error.is_a?(SystemExit) || error.is_a?(SignalException)
    return syntax(error) if error.is_a?(SyntaxError)
    write(code: error.class.name || error.class.to_s, message: error.message.to_s, at: places(error),
          spread: error.is_a?(SystemStackError))
  end

  def self.places(error)
    locations = error.backtrace_locations || []
    own = locations.select { |location| location.absolute_path == File.absolute_path($0) }
    own.first(PLACES).map { |location| place(location) }
  end

  # RubyVM is there only in the reference implementation of Ruby; newer ones refuse scripts of another parser.
  def self.place(location)
    node = RubyVM::AbstractSyntaxTree.of(location, keep_script_lines: true)
    [node.first_lineno, node.first_column, node.last_lineno, node.last_column]
  rescue StandardError
    [location.lineno]
  end

  # The main script's own error says no more than that it does not compile: compiling it again says where.
  def self.syntax(error)
    begin
      RubyVM::InstructionSequence.compile_file($0)
    rescue SyntaxError => again
      error = again
    end
    first = /:(\d+): (.*)\n?(.*)\n?( *)\^?/.match(error.message)
    return write(code: "SyntaxError", message: error.message, kind: "syntax") unless first
    line = first[1].to_i
    # A long line is quoted in part; then the caret does not count from the line's start.
    whole = File.readlines($0, chomp: true)[line - 1] == first[3]
    column = whole ? first[3][0, first[4].length].bytesize : nil
    write(code: "SyntaxError", message: first[2], kind: "syntax", at: [[line, column].compact])
  end

  def self.write(record)
    require "json"
    record[:message] = record[:message].dup.force_encoding("UTF-8").scrub[0, 250]
    STDERR.write("\x1e#{JSON.generate(record)}\n")
  end
end

at_exit { SpanwiseReport.exception($!) if $! }
