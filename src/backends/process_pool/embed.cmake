# cmake -DINPUT=… -DOUTPUT=… -P embed.cmake: a program as a C++ array.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)"
  "\\1\n" bytes "${bytes}")
file(WRITE ${OUTPUT} "// Made from keeper.cc.
#include \"backends/process_pool/keeper_image.h\"
namespace tidegate {
namespace {
const unsigned char kBytes[] = {
${bytes}};
}  // namespace
std::string_view KeeperImage() {
  return {reinterpret_cast<const char*>(kBytes), sizeof kBytes};
}
}  // namespace tidegate
")
