# How targets are made: flags, visibility and output folders are decided here, once.
#
#   tidegate_add_room(NAME SOURCES … [DEPS …])                one folder of src/, an object library
#   tidegate_add_library(NAME ROOMS … [LIBS …])               what is installed, made of rooms
#   tidegate_add_test(NAME SOURCES … [LIBS …] [LABELS …])     a GoogleTest binary, run by ctest
#   tidegate_add_benchmark(NAME SOURCES … [LIBS …])           a Google Benchmark binary
#   tidegate_add_fuzzer(NAME SOURCES … CORPUS DIR)            libFuzzer target; replayed by ctest
include_guard(GLOBAL)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  find_program(TIDEGATE_CCACHE ccache)
  if(TIDEGATE_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${TIDEGATE_CCACHE})
  endif()
endif()
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release)
endif()

# Flags of every target of ours. -ffp-contract=off: the same decision on every machine.
add_library(tidegate_flags INTERFACE)
target_compile_options(tidegate_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wno-missing-field-initializers  # designated initialisers leave the defaults to the struct
  -ffp-contract=off $<$<BOOL:${TIDEGATE_WERROR}>:-Werror>
  # g++ 12 takes "text" + std::string(...) for an overlapping copy (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(NOT BUILD_SHARED_LIBS)
  target_compile_definitions(tidegate_flags INTERFACE TIDEGATE_STATIC)
endif()
if(TIDEGATE_BUILD_FUZZERS)  # the library has to tell libFuzzer where it has been, too
  target_compile_options(tidegate_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(TIDEGATE_SANITIZE)
  target_compile_options(tidegate_flags INTERFACE -fsanitize=${TIDEGATE_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(tidegate_flags INTERFACE -fsanitize=${TIDEGATE_SANITIZE})
  target_compile_definitions(tidegate_flags INTERFACE TIDEGATE_CHECKED)
else()
  target_compile_options(tidegate_flags INTERFACE
    $<$<CONFIG:Release,RelWithDebInfo>:-fstack-protector-strong>)
  target_compile_definitions(tidegate_flags INTERFACE $<$<CONFIG:Debug>:TIDEGATE_CHECKED>
    $<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>)
endif()

function(tidegate_add_room name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_library(room_${name} OBJECT ${arg_SOURCES})
  target_include_directories(room_${name} PRIVATE ${PROJECT_SOURCE_DIR}/include
    ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(room_${name} PRIVATE tidegate_flags ${arg_DEPS})
  set_property(TARGET room_${name} PROPERTY TIDEGATE_DEPS "${arg_DEPS}")
endfunction()

# One library out of rooms. `DEPS` of the rooms become its private dependencies.
function(tidegate_add_library name)
  cmake_parse_arguments(arg "" "" "ROOMS;LIBS" ${ARGN})
  set(objects "")
  set(deps "")
  foreach(room IN LISTS arg_ROOMS)
    list(APPEND objects $<TARGET_OBJECTS:room_${room}>)
    get_target_property(room_deps room_${room} TIDEGATE_DEPS)
    if(room_deps)
      list(APPEND deps ${room_deps})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES deps)
  add_library(${name} ${objects})
  add_library(tidegate::${name} ALIAS ${name})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
  target_compile_features(${name} PUBLIC cxx_std_20)
  if(NOT BUILD_SHARED_LIBS)
    target_compile_definitions(${name} PUBLIC TIDEGATE_STATIC)
  endif()
  target_link_libraries(${name} PUBLIC ${arg_LIBS} PRIVATE ${deps} $<BUILD_INTERFACE:tidegate_flags>)
  set_target_properties(${name} PROPERTIES VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} INSTALL_RPATH "$ORIGIN")
endfunction()

function(tidegate_internal_binary name)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE tidegate_flags)
endfunction()

function(tidegate_add_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT TIDEGATE_BUILD_TESTS)
    return()
  endif()
  find_package(GTest REQUIRED)
  add_executable(${name} ${arg_SOURCES})
  tidegate_internal_binary(${name})
  target_link_libraries(${name} PRIVATE ${arg_LIBS} GTest::gmock GTest::gtest GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE TIDEGATE_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    TIDEGATE_BINARY_DIR="${PROJECT_BINARY_DIR}")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  include(GoogleTest)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES
    PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()

function(tidegate_add_benchmark name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
  find_package(benchmark REQUIRED)
  add_executable(${name} ${arg_SOURCES})
  tidegate_internal_binary(${name})
  target_link_libraries(${name} PRIVATE ${arg_LIBS} benchmark::benchmark benchmark::benchmark_main)
  target_compile_definitions(${name} PRIVATE TIDEGATE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/benchmarks)
endfunction()

# Built twice: with libFuzzer in the fuzz preset, elsewhere with a main() that replays the corpus,
# so that a target cannot rot.
function(tidegate_add_fuzzer name)
  cmake_parse_arguments(arg "" "CORPUS" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  tidegate_internal_binary(${name})
  target_link_libraries(${name} PRIVATE ${arg_LIBS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
  if(TIDEGATE_BUILD_FUZZERS)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cc)
    add_test(NAME ${name} COMMAND ${name} ${arg_CORPUS})
    set_tests_properties(${name} PROPERTIES LABELS "unit;fuzz" TIMEOUT 120)
  endif()
endfunction()
