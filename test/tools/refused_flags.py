"""refused_flags.py PACKAGE FLAG...: tinyc-run refuses to run a package with any of these flags, and names it."""
import subprocess
import sys

package, *flags = sys.argv[1:]
for flag in flags:
    result = subprocess.run(["tinyc-run", package, flag], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wanted = "is a package already: %s compiles a model and does not apply to it" % flag.split("=")[0]
    if result.returncode != 1 or wanted not in result.stderr or result.stdout:
        sys.exit("%s: status %d, %s%s" % (flag, result.returncode, result.stdout, result.stderr))
