"""Programs that attack before they run: their text, as the server checks it and the compiler reads it."""

LAYER = "worker"
ENDS = ("failed", "memory-exceeded", "timed-out", "SIGSEGV", "refused")


def _text(name, before, text, times, then="", ends=ENDS, seconds=1.0):
    """A program of `text` so many times, with something before and after."""
    attack(lambda decoys: None, name=name, ends=ends, seconds=seconds, source=(before, text, times, then))


_text("source_of_50_megabytes", "", "x = 1\n", 50_000_000 // 6, ends="refused")
_text("source_above_the_limit", "#", "x", 1_048_576, ends="refused")
_text("source_of_two_byte_characters", "#", "é", 600_000, ends="refused")
_text("source_with_nul", "print(1)", "\0", 1, ends="refused")
_text("source_of_nothing", "", " ", 1000, ends="refused")
_text("source_of_brackets", "", "(", 1_000_000)
_text("source_of_square_brackets", "", "[", 1_000_000)
_text("source_of_closed_brackets", "x = " + "(" * 150, "[" , 190, "]" * 190 + ")" * 150)
_text("source_of_signs", "x = ", "-", 1_000_000, "1")
_text("source_of_nots", "x = ", "not ", 200_000, "1")
_text("source_of_lambdas", "x = ", "lambda:", 140_000, "1")
_text("source_of_attributes", "x = a", ".b", 500_000)
_text("source_of_calls", "x = f", "()", 500_000)
_text("source_of_powers", "x = 2", "**2", 300_000)
_text("source_of_sums", "x = 1", "+1", 500_000, ends=ENDS + ("succeeded",))
_text("source_of_blocks", "", "if 1:\n", 150_000)
_text("source_of_backslashes", "x = 1", "\\\n", 500_000, ends=ENDS + ("succeeded",))
_text("source_of_one_long_name", "", "a", 1_000_000)
_text("source_of_digits", "x = ", "9", 1_000_000)
_text("source_of_quotes", "x = '''", "'", 1_000_000)
_text("source_of_format_strings", "x = f'", "{", 500_000)
_text("source_of_commas", "x = [", "1,", 400_000, "]", ends=ENDS + ("succeeded",))
_text("source_of_assignments", "", "x=", 500_000, "1", ends=ENDS + ("succeeded",))
_text("source_with_another_encoding", "# coding: utf-7\n", "+AAo-", 1000, "\nprint(1)", ends=ENDS + ("succeeded",))
_text("source_that_folds_constants", "x = ", "(1 << 4000) * ", 2000, "1", ends=ENDS + ("succeeded",))
_text("source_that_multiplies_text", "x = ", "'x' * 4000 + ", 20_000, "''", ends=ENDS + ("succeeded",))
