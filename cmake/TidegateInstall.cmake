# `cmake --install`: libraries, headers, find_package(tidegate), pkg-config, the executable.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tidegate)
install(TARGETS tidegate_core tidegate EXPORT tidegateTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/tidegate DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT tidegateTargets NAMESPACE tidegate:: DESTINATION ${package_dir})
if(TARGET tidegate_scaler)
  install(TARGETS tidegate_scaler RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/tidegateConfig.cmake.in
  ${PROJECT_BINARY_DIR}/tidegateConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/tidegateConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/tidegateConfig.cmake
  ${PROJECT_BINARY_DIR}/tidegateConfigVersion.cmake DESTINATION ${package_dir})

if(BUILD_SHARED_LIBS)
  set(TIDEGATE_PC_CFLAGS "")
else()
  set(TIDEGATE_PC_CFLAGS " -DTIDEGATE_STATIC")
endif()
foreach(library tidegate_core tidegate)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/${library}.pc.in ${PROJECT_BINARY_DIR}/${library}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${library}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
