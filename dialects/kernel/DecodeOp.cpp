#include "dialects/kernel/Kernel.h"
#include "dialects/kernel/Params.h"
#include "tinyc/decode.h"

using namespace mlir;

namespace tinyc::kernel {

LogicalResult DecodeOp::verify() {
  if (getCoded().getType().getRank() != 1)
    return emitOpError("expects a coded string of one dimension, got ") << getCoded().getType();
  auto tableLog = static_cast<int32_t>(getTableLog()), words = static_cast<int32_t>(getWords());
  if (tableLog < TINYC_DECODE_LEAST_LOG || tableLog > TINYC_DECODE_MOST_LOG)
    return emitOpError("expects tableLog ") << static_cast<int>(TINYC_DECODE_LEAST_LOG) << " to "
                                            << static_cast<int>(TINYC_DECODE_MOST_LOG) << ", got " << tableLog;
  if (words < 0 || int64_t(4) * words > getByteSize(getOutput().getType()))
    return emitOpError("expects words that fit the output, got ") << words << " for " << getOutput().getType();
  return success();
}

Contract DecodeOp::getContract() { return {"decode", "s8", "none"}; }

ParamsAttr DecodeOp::getParams() {
  return makeParams(getContext(), tinyc_decode_s8_params{static_cast<int32_t>(getByteSize(getOutput().getType())),
                                                         static_cast<int32_t>(getByteSize(getCoded().getType())),
                                                         static_cast<int32_t>(getTableLog()),
                                                         static_cast<int32_t>(getWords())});
}

std::pair<int32_t, int32_t> DecodeOp::getRows() { return {0, 1}; }
int32_t DecodeOp::getRowCount() { return 0; }

} // namespace tinyc::kernel
