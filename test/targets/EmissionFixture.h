// One program in three forms: C compiled by this build's compiler, the host's object file, and the JIT.
#ifndef TINYC_TEST_TARGETS_EMISSIONFIXTURE_H
#define TINYC_TEST_TARGETS_EMISSIONFIXTURE_H

#include "targets/CEmission.h"
#include "targets/ObjectEmission.h"
#include "targets/host/Jit.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Program.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <random>

namespace tinyc::targets {

inline constexpr int64_t kArenaBytes = 4096;
using Arena = std::vector<uint8_t>; // allocated with the alignment of malloc, 16

/// A directory that is removed at the end.
class EmissionTest : public testing::Test {
protected:
  using Function = void (*)(uint8_t *);

  void SetUp() override { ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("tinyc-emission", directory)); }
  void TearDown() override { llvm::sys::fs::remove_directories(directory); }

  std::string path(llvm::StringRef name) { return (directory + "/" + name).str(); }
  void write(llvm::StringRef name, llvm::StringRef text) {
    std::error_code code;
    llvm::raw_fd_ostream(path(name), code) << text;
    ASSERT_FALSE(code);
  }

  /// Links files to a shared library and returns its model_run.
  Function load(llvm::StringRef library, std::vector<std::string> files) {
    std::string output = path(library);
    std::vector<std::string> command = {TEST_C_COMPILER, "-std=c11", "-O1", "-Wall", "-Wextra", "-Wconversion",
                                        "-Wpedantic", "-Wcast-align", "-Wcast-qual", "-Werror", "-ffp-contract=off", "-fPIC", "-shared", "-o", output,
                                        "-I" + directory.str().str(), "-I" TEST_RUNTIME "/include"};
    command.insert(command.end(), files.begin(), files.end());
    llvm::SmallVector<llvm::StringRef> arguments(command.begin(), command.end());
    EXPECT_EQ(llvm::sys::ExecuteAndWait(command[0], arguments), 0);
    void *handle = dlopen(output.c_str(), RTLD_NOW | RTLD_LOCAL);
    EXPECT_NE(handle, nullptr) << dlerror();
    return handle ? reinterpret_cast<Function>(dlsym(handle, "model_run")) : nullptr;
  }

  static Arena makeArena(unsigned seed, bool floats) {
    Arena arena(kArenaBytes);
    std::mt19937 random(seed);
    for (int64_t i = 0; i < kArenaBytes; i += 4) {
      uint32_t word = random();
      if (floats) {
        float value = std::uniform_real_distribution<float>(-2, 2)(random);
        std::memcpy(&word, &value, 4);
      }
      std::memcpy(&arena[i], &word, 4);
    }
    return arena;
  }

  void compareForms(mlir::ModuleOp program, std::vector<std::string> kernels, bool floats) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    ASSERT_TRUE(succeeded(emitC(program, stream)));
    write("model.c", text);
    write("model.h", "#include <stdint.h>\nvoid model_run(uint8_t *arena);\n");
    std::vector<std::string> files = {path("model.c")};
    for (const std::string &kernel : kernels)
      files.push_back(TEST_RUNTIME "/kernels/generic/" + kernel + ".c");
    Function fromC = load("c.so", files);
    ASSERT_NE(fromC, nullptr);

    llvm::SmallVector<char> object, again;
    const Target &host = *findTarget("host");
    ASSERT_TRUE(succeeded(emitObject(program, host, object)));
    ASSERT_TRUE(succeeded(emitObject(program, host, again)));
    EXPECT_EQ(object, again);
    write("model.o", llvm::StringRef(object.data(), object.size()));
    Function fromObject = load("object.so", {path("model.o")});
    ASSERT_NE(fromObject, nullptr);

    auto jit = HostProgram::create(program);
    ASSERT_TRUE(succeeded(jit));
    for (unsigned seed = 0; seed < 20; ++seed) {
      Arena start = makeArena(seed, floats), c = start, o = start, j = start;
      fromC(c.data());
      fromObject(o.data());
      (*jit)->run(j.data());
      EXPECT_NE(c, start);
      EXPECT_EQ(c, o);
      EXPECT_EQ(c, j);
    }
  }

  llvm::SmallString<128> directory;
};

} // namespace tinyc::targets

#endif // TINYC_TEST_TARGETS_EMISSIONFIXTURE_H
