import os
import subprocess
import lit.formats

config.name = "tinyc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".onnxtxt"]
config.excludes = ["CMakeLists.txt", "README.md"]
config.test_source_root = os.path.dirname(__file__)
repository = os.path.dirname(config.test_source_root)
build = os.environ.get("TINYC_BUILD", os.path.join(repository, "build"))
config.test_exec_root = os.path.join(build, "test")
llvm = "/usr/lib/llvm-22/bin"
config.environment["PATH"] = os.pathsep.join([os.path.join(build, "bin"), llvm, os.environ["PATH"]])
# Real models and data live beside the repository; tests that need them skip, saying so, where they are absent.
shared = os.path.join(os.path.dirname(repository), "shared")
if os.path.isdir(os.path.join(shared, "models")):
    config.available_features.add("shared")
# Some models are made by python3-onnx and python3-numpy, which tools/setup.sh installs.
if not subprocess.call(["/usr/bin/python3", "-c", "import numpy, onnx"], stderr=subprocess.DEVNULL):
    config.available_features.add("python-onnx")
# Exports of networks are made by python3-torch and python3-torchvision, which tools/setup.sh installs.
if not subprocess.call(["/usr/bin/python3", "-c", "import torchvision"], stderr=subprocess.DEVNULL):
    config.available_features.add("python-torch")
config.substitutions += [("%shared", shared), ("%build", build), ("%repository", repository), ("%python", "/usr/bin/python3")]
