"""stop_search.py RECORD COMMAND...: interrupts the command (SIGINT) after its first line on stderr, which has to make it fail, say so
and leave the record; then runs it again to the end, where it has to measure less."""
import pathlib, re, signal, subprocess, sys

record, command = pathlib.Path(sys.argv[1]), sys.argv[2:]
process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
first = process.stderr.readline()
assert 'search:' in first, first
process.send_signal(signal.SIGINT)
rest = process.stderr.read()
assert process.wait() == 1, process.returncode
assert re.search(r'error: the search was stopped after \d+ measurements; the same command resumes it', rest), rest
before = record.read_text().count('"actions"')
assert before > 0
subprocess.run(command, check=True, capture_output=True)
assert record.read_text().count('"actions"') > before
