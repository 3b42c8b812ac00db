
/** The records on programs, each analysed for itself, in a thread whose stack is for nesting: every compiler recurses over it. */
class Records {
    private static final long STACK_BYTES = 256L << 20;

    /** Adds the records of one program. */
    interface Analysis {
        void of(String file, java.util.List<String> records) throws Exception;
    }

    /** Prints the records of all files as a JSON list and ends the process, with status 3 where the analysis of one failed. */
    static void print(java.util.List<String> files, Analysis analysis) throws InterruptedException {
        java.io.PrintStream output = System.out;
        System.setOut(System.err); // a compiler must not write between the records
        java.util.Locale.setDefault(java.util.Locale.ROOT);
        java.util.List<String> records = new java.util.ArrayList<>();
        int[] status = {3};
        Thread worker = new Thread(null, () -> {
            try {
                for (String file : files) {
                    analysis.of(file, records);
                }
                status[0] = 0;
            } catch (Throwable failed) {
                failed.printStackTrace();
            }
        }, "programs", STACK_BYTES);
        worker.start();
        worker.join();
        output.println("[" + String.join(",\n", records) + "]");
        output.flush();
        System.exit(status[0]);
    }

    /** A text as JSON. */
    static String quoted(String text) {
        return text.chars()
            .mapToObj(sign -> sign == '"' || sign == '\\' || sign < 32 || sign > 126 ? String.format("\\u%04x", sign) : "" + (char) sign)
            .collect(java.util.stream.Collectors.joining("", "\"", "\""));
    }
}
