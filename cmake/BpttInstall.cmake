# How the libraries are installed, so that find_package(bptt) finds bptt::core and the others.
# bptt_add_library calls bptt_install_library; the root calls bptt_install_package once, last.
# Only libraries, their headers and the program are installed; no tests.
include(CMakePackageConfigHelpers)

# Installs one library and the headers of its folder, and notes the packages that it links to:
# Package::target, PkgConfig::module, or a target that has the name of its package, as rapidcheck.
function(bptt_install_library target folder)
  install(TARGETS ${target} EXPORT bpttTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
          COMPONENT development)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder}/
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/bptt/${folder} COMPONENT development
          FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h"
          PATTERN "*_test.hpp" EXCLUDE PATTERN "test_support.hpp" EXCLUDE
          PATTERN "test_data" EXCLUDE)
  foreach(link IN LISTS ARGN)
    if(link MATCHES "^bptt::")
      continue()
    elseif(link MATCHES "^PkgConfig::(.*)")
      set_property(GLOBAL APPEND PROPERTY BPTT_DEPENDENCIES PkgConfig)
      set_property(GLOBAL APPEND PROPERTY BPTT_PKG_CONFIG_MODULES ${CMAKE_MATCH_1})
    elseif(link MATCHES "^([A-Za-z0-9_]+)::")
      set_property(GLOBAL APPEND PROPERTY BPTT_DEPENDENCIES ${CMAKE_MATCH_1})
    elseif(TARGET ${link})
      set_property(GLOBAL APPEND PROPERTY BPTT_DEPENDENCIES ${link})
    endif()
  endforeach()
endfunction()

# Writes and installs bpttConfig.cmake, which finds the packages noted above.
function(bptt_install_package)
  get_property(packages GLOBAL PROPERTY BPTT_DEPENDENCIES)
  list(REMOVE_DUPLICATES packages)
  set(BPTT_FIND_DEPENDENCIES "")
  foreach(package IN LISTS packages)
    string(APPEND BPTT_FIND_DEPENDENCIES "find_dependency(${package})\n")
  endforeach()
  get_property(modules GLOBAL PROPERTY BPTT_PKG_CONFIG_MODULES)
  list(REMOVE_DUPLICATES modules)
  foreach(module IN LISTS modules)
    string(APPEND BPTT_FIND_DEPENDENCIES
      "pkg_check_modules(${module} REQUIRED IMPORTED_TARGET ${module})\n")
  endforeach()

  set(destination ${CMAKE_INSTALL_LIBDIR}/cmake/bptt)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/bpttConfig.cmake.in
    ${PROJECT_BINARY_DIR}/bpttConfig.cmake INSTALL_DESTINATION ${destination})
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/bpttConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/bpttConfig.cmake
                ${PROJECT_BINARY_DIR}/bpttConfigVersion.cmake
          DESTINATION ${destination} COMPONENT development)
  install(EXPORT bpttTargets NAMESPACE bptt:: DESTINATION ${destination} COMPONENT development)
  # What a shared library includes to be put to the test: <bptt_subject.h>, without the project.
  install(FILES ${PROJECT_SOURCE_DIR}/subjects/foreign/bptt_subject.h
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
  if(TARGET bptt-verify)
    install(TARGETS bptt-verify RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
  endif()
endfunction()
